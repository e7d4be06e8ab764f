// Runs before the first paint, so that neither theme nor language flashes.
{
  const kept = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = kept('theme') ?? (dark ? 'dark' : 'light');
  // The documentation is in one language.
  root.lang = root.dataset.lang ?? kept('lang') ?? (navigator.language.startsWith('en') ? 'en' : 'es');
}
