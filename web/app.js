// The shell: bar, first visit, entering, routes, keys, and photos that are dropped, chosen or pasted anywhere.
import * as api from './api.js';
import { $, EMOTIONS, disc, glyph, h, icon, say, svg, toast, dialog } from './dom.js';
import { count, emotion, lang, mb, t, upper } from './texts.js';
import * as uploads from './uploads.js';

const root = document.documentElement;
const main = $('#main');
const file = $('#file');
let leave = null;
let turn = 0;
const store = (key, value) => {
  try {
    localStorage.setItem(key, value);
  } catch {
    /* private mode */
  }
};
const stored = (key) => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
};
/** Loads of views; those that a first visit does not need arrive when they are opened. */
const VIEWS = {
  gallery: () => import('./gallery.js'),
  studio: () => import('./studio.js'),
  print: () => import('./detail.js'),
  calendar: () => import('./calendar.js'),
  account: () => import('./account.js'),
};
export const go = (hash) => {
  if (location.hash === hash) show();
  else location.hash = hash;
};

function bar() {
  const inside = Boolean(api.user);
  const here = location.hash.split('/')[1] || 'gallery';
  const link = (name) =>
    h(
      'a',
      { href: `#/${name}`, 'aria-current': here === name ? 'page' : null },
      t(name),
      name === 'studio' && h('b.cnt', { hidden: true }),
    );
  $('.skip').textContent = t('skip');
  file.setAttribute('aria-label', t('add'));
  $('.top').replaceChildren(
    h(
      'a.brand',
      { href: '#/', 'aria-label': 'Semblante' },
      svg(
        'svg',
        { class: 'mark', viewBox: '0 0 32 32', 'aria-hidden': 'true' },
        svg('circle', { cx: 16, cy: 16, r: 14.5 }),
        svg('path', { d: 'M1.500 16.500Q16 29 30.500 16.500' }),
      ),
      h('span', null, 'Semblante'),
    ),
    ...(inside ? [h('nav.nav', { 'aria-label': t('main') }, ['gallery', 'calendar', 'studio'].map(link))] : []),
    h(
      'div.tools',
      null,
      h(
        'button.tool',
        {
          'aria-label': t('lang'),
          onclick: () => {
            root.lang = lang() === 'en' ? 'es' : 'en';
            store('lang', root.lang);
            show();
          },
        },
        h('span', { 'aria-hidden': 'true' }, t('lang_short')),
      ),
      h(
        'button.tool',
        {
          'aria-label': t('theme'),
          onclick: () => {
            root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
            store('theme', root.dataset.theme);
          },
        },
        icon('moon'),
      ),
      inside
        ? h('a.tool.acct', { href: '#/account', 'aria-label': t('account') }, icon('account'))
        : h('a.btn.enter', { href: '#/enter' }, t('enter')),
      inside && h('button.btn.solid.add', { 'aria-label': t('add'), onclick: choose }, icon('plus'), h('span', null, t('add'))),
    ),
    h('div.banner', { hidden: navigator.onLine }, t('offline')),
  );
  const low = (name) =>
    h('a', { href: `#/${name}`, 'aria-current': here === name ? 'page' : null }, icon(name), h('span', null, t(name)));
  $('.bottom').setAttribute('aria-label', t('add'));
  $('.bottom').hidden = !inside;
  $('.bottom').replaceChildren(
    low('gallery'),
    low('calendar'),
    h('button.disc-btn.addb', { 'aria-label': t('add'), onclick: choose }, icon('plus')),
    low('studio'),
    low('account'),
  );
  counts();
}
function counts() {
  const open = uploads.items.filter(uploads.isOpen).length;
  const badge = $('.cnt');
  if (badge) {
    badge.hidden = !open;
    badge.textContent = open;
  }
}
export function choose(event, camera = false) {
  if (camera) file.setAttribute('capture', 'environment');
  else file.removeAttribute('capture');
  file.value = '';
  file.click();
}
/** Takes photos in; a first visit becomes a trial where the installation offers one. */
export async function take(files) {
  const photos = [...files];
  if (!photos.length) return;
  try {
    if (!api.user) {
      if (!api.installation.demo_user) {
        toast(t('no_trial'));
        return go('#/enter');
      }
      await api.trial();
    }
    uploads.add(photos);
    go('#/studio');
  } catch (error) {
    toast(api.sentence(error, t));
  }
}
function first() {
  const trial = api.installation.demo_user;
  main.className = 'screen first';
  main.replaceChildren(
    h(
      'div.first-head',
      null,
      h('h1', null, t('headline')),
      h('div.lede', null, h('p', null, t('lede')), h('p.quiet', null, t('strip'))),
    ),
    h(
      'div.drop',
      null,
      h(
        'picture',
        null,
        h('source', { media: '(max-width:760px)', srcset: '/web/strip-s.webp' }),
        h('img.strip', { src: '/web/strip.webp', alt: '', width: 1350, height: 480, fetchpriority: 'high' }),
      ),
      h(
        'button.sun',
        { onclick: choose },
        h(
          'span.sun-in',
          null,
          icon('plus'),
          h('strong.w-idle', null, t('drop')),
          h('strong.w-drag'),
          h('small.w-idle', null, t('choose')),
        ),
      ),
    ),
    h(
      'ul.nine',
      null,
      ['ANGRY', 'SURPRISED', 'HAPPY', 'DISGUSTED', 'CALM', 'SAD', 'CONFUSED', 'FEAR', 'UNKNOWN'].map((name) =>
        h('li', null, glyph(name), h('span', null, upper(emotion(name)))),
      ),
    ),
    h(
      'div.first-foot',
      null,
      h('p', null, trial ? [h('b', null, t('trial_b')), ' ', t('trial')] : t('no_trial')),
      h('p', null, h('a.link', { href: '#/enter' }, t('enter')), ' · ', h('a.link', { href: '#/signup' }, t('create'))),
      h(
        'p.quiet',
        null,
        t('formats', { mb: mb(api.installation.max_upload_bytes) }),
        ' ',
        h('button.link.phone', { onclick: (event) => choose(event, true) }, t('camera')),
      ),
    ),
  );
}
export function field(name, label, attributes) {
  return h('div.field', null, h('label', { for: name }, label), h('input', { id: name, name, required: true, ...attributes }));
}
/** Fills `note` with what an act's failure means; the button rests meanwhile. */
export async function attempt(button, note, act) {
  button.disabled = true;
  note.textContent = '';
  try {
    await act();
  } catch (error) {
    note.textContent = api.sentence(error, t);
  } finally {
    button.disabled = false;
  }
}
function enter(isNew, back) {
  main.className = 'screen sign';
  const note = h('p.msg', { role: 'alert' });
  const button = h('button.btn.solid.wide', null, t(isNew ? 'create' : 'enter'));
  button.type = 'submit';
  const form = h(
    'form.sign-form',
    null,
    h('h1', null, t(isNew ? 'create_title' : 'enter_title')),
    isNew && field('name', t('name'), { autocomplete: 'name', required: false }),
    field('email', t('email'), { type: 'email', autocomplete: 'username' }),
    field('password', t('password'), {
      type: 'password',
      minlength: isNew ? 8 : 1,
      autocomplete: isNew ? 'new-password' : 'current-password',
    }),
    note,
    button,
    h('p', null, h('a.link', { href: isNew ? '#/enter' : '#/signup' }, t(isNew ? 'have' : 'have_not'))),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const { email, password, name } = form.elements;
    attempt(button, note, async () => {
      await (isNew ? api.signup(email.value, password.value, name.value) : api.login(email.value, password.value));
      uploads.start().catch(() => {});
      go(back ?? '#/gallery');
    });
  });
  main.replaceChildren(
    h(
      'div.sign-art',
      { 'aria-hidden': 'true' },
      h(
        'div.suns',
        null,
        EMOTIONS.map((name) => disc(name)),
      ),
    ),
    form,
  );
}
let after = null;
async function show() {
  const mine = ++turn;
  leave?.();
  leave = null;
  bar();
  document.body.className = api.user ? '' : 'out';
  const [, name = '', rest] = location.hash.split('/');
  if (name === 'enter' || name === 'signup') return enter(name === 'signup', after);
  if (!api.user) {
    after = name ? location.hash : null;
    return first();
  }
  after = null;
  const view = await (VIEWS[name] ?? VIEWS.gallery)();
  if (mine !== turn) return;
  main.className = 'screen';
  leave = (await view.open(main, rest)) ?? null;
  if (mine !== turn) leave?.();
}
addEventListener('hashchange', () => {
  show().then(() => {
    main.focus({ preventScroll: true });
  });
});
$('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});

// Photos from anywhere on the page.
file.addEventListener('change', () => take(file.files));
addEventListener('paste', (event) => {
  if (event.clipboardData?.files.length) {
    event.preventDefault();
    take(event.clipboardData.files);
  }
});
let over = 0;
const drag = (n) => {
  document.body.classList.toggle('dragging', n > 0);
  $('.drop')?.classList.toggle('drag', n > 0);
  const words = $('.w-drag');
  if (words && n > 0) words.textContent = t('let_go', { n: count('photos', n) });
};
addEventListener('dragenter', (event) => {
  if (event.dataTransfer?.types.includes('Files')) {
    over += 1;
    drag(event.dataTransfer.items.length || 1);
  }
});
addEventListener('dragleave', () => {
  over = Math.max(0, over - 1);
  if (!over) drag(0);
});
addEventListener('dragover', (event) => event.preventDefault());
addEventListener('drop', (event) => {
  event.preventDefault();
  over = 0;
  drag(0);
  take(event.dataTransfer?.files ?? []);
});

const net = (on) => {
  const banner = $('.banner');
  if (banner) banner.hidden = on;
  if (on) uploads.goOn();
};
addEventListener('online', () => net(true));
addEventListener('offline', () => net(false));
api.session.addEventListener('change', () => {
  if (!api.user) uploads.clear();
  bar();
});
api.session.addEventListener('ended', () => {
  after = location.hash;
  toast(t('ended'));
  go('#/enter');
});
uploads.events.addEventListener('change', counts);
uploads.events.addEventListener('done', () =>
  say(t('sum', { n: uploads.items.filter(uploads.isOpen).length, m: uploads.items.filter(uploads.needsYou).length })),
);

const KEYS = {
  u: choose,
  g: () => go('#/gallery'),
  c: () => go('#/calendar'),
  t: () => go('#/studio'),
  '/': () => $('.filters .chip')?.focus(),
  '?': () =>
    dialog(
      t('keys'),
      h('h2', null, t('keys')),
      h('p', null, t('key_list')),
      h('form', { method: 'dialog' }, Object.assign(h('button.btn', null, t('close')), { type: 'submit' })),
    ),
};
addEventListener('keydown', (event) => {
  if (
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    event.target.closest('input:not([type=range]),select,textarea,dialog') ||
    stored('keys') === 'off' ||
    !api.user
  )
    return;
  const act = KEYS[event.key.toLowerCase()];
  if (act) {
    event.preventDefault();
    act(event);
  }
});

// Not awaited at the top: views import this module, and would wait for it for ever.
async function begin() {
  await Promise.allSettled([api.look(), api.resume()]);
  await show();
  if (api.user) uploads.start().catch(() => {});
}
begin();
