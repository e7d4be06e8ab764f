// Elements, icons and the nine horizons. Text becomes text nodes only.
const SVG = 'http://www.w3.org/2000/svg';

export const EMOTIONS = ['HAPPY', 'SURPRISED', 'CALM', 'CONFUSED', 'SAD', 'FEAR', 'ANGRY', 'DISGUSTED', 'UNKNOWN'];
export const STAGES = ['face-detection', 'emotion-analysis', 'image-generation', 'melody-generation', 'gallery-indexing'];
/** Suns [x, y, radius] and the line below them, in a box of 32. */
const HORIZONS = {
  HAPPY: [[[16, 9.5, 5]], 'M0 16Q16 29 32 16'],
  SURPRISED: [[[16, 7.5, 4]], 'M0 22H8C11 22 11 14 16 14S21 22 24 22H32'],
  CALM: [[[16, 10.5, 4.4]], 'M0 20H32'],
  CONFUSED: [
    [
      [11, 8.5, 4],
      [21.5, 7.5, 2.4],
    ],
    'M0 20C5 11 9 29 16 20S26 12 32 22',
  ],
  SAD: [[[16, 9.5, 4]], 'M0 26Q16 12 32 26'],
  FEAR: [[[16, 8.5, 3.6]], 'M0 24L3.2 16L6.4 24L9.6 16L12.8 24L16 16L19.2 24L22.4 16L25.6 24L28.8 16L32 24'],
  ANGRY: [[[16, 8, 4]], 'M0 25L8 13L16 25L24 13L32 25'],
  DISGUSTED: [[[21.5, 10, 4.2]], 'M0 14C7 14 9 24 16 22S26 21 32 27'],
  UNKNOWN: [[[16, 10.5, 3.8]], 'M0 20H32'],
};
const ICONS = {
  gallery: 'M4.5 4.5h15v15h-15zM4.5 14.5c4-4 6 1 9-1s4-2 6-.5M13 9a1.5 1.5 0 1 0 3 0a1.5 1.5 0 1 0-3 0',
  calendar:
    'M4 8a2 2 0 1 0 4 0a2 2 0 1 0-4 0M10 8a2 2 0 1 0 4 0a2 2 0 1 0-4 0M16 8a2 2 0 1 0 4 0a2 2 0 1 0-4 0M4 16a2 2 0 1 0 4 0a2 2 0 1 0-4 0M10 16a2 2 0 1 0 4 0a2 2 0 1 0-4 0M16.500 16h3',
  studio: 'M13 6.5a2.5 2.5 0 1 0 5 0a2.500 2.500 0 1 0-5 0M3.500 12.500c5-5 7 1 10-.5s4-1.500 7-.5M3.500 18.500c5-4 8 0 17-1.500',
  account: 'M8 8.500a4 4 0 1 0 8 0a4 4 0 1 0-8 0M4 20c2-7 14-7 16 0',
  plus: 'M12 5v14M5 12h14',
  down: 'M12 4v11m-4.500-4.500L12 15l4.500-4.500M5 19.500h14',
  close: 'M6 6l12 12M18 6L6 18',
  again: 'M19 12a7 7 0 1 1-2.200-5.100M19.500 3.500v4.200h-4.200',
  edit: 'M4.500 19.500l1-4L16 5l3 3L8.500 18.500z',
  share: 'M12 15V4m-4 4l4-4 4 4M5.500 12.500v7h13v-7',
  trash: 'M5 7h14M9.500 7V4.500h5V7m-8 0l1 12.500h9l1-12.500',
  full: 'M4.500 9V4.500H9M15 4.500h4.500V9M19.500 15v4.500H15M9 19.500H4.500V15',
  left: 'M14.500 5.500L8 12l6.500 6.500',
  right: 'M9.500 5.500L16 12l-6.500 6.500',
  gear: 'M4 7h9m4 0h3M4 17h3m4 0h9M13 7a2 2 0 1 0 4 0a2 2 0 1 0-4 0M7 17a2 2 0 1 0 4 0a2 2 0 1 0-4 0',
  moon: 'M19 14.500A7.500 7.500 0 1 1 10 5a6 6 0 0 0 9 9.500z',
  camera: 'M4 8h3.500l1.500-2.500h6L16.500 8H20v11H4zM8.800 13a3.200 3.200 0 1 0 6.400 0a3.200 3.200 0 1 0-6.400 0',
};
const SOLID = { play: 'M8 5.500v13l10.500-6.500z', pause: 'M8 5.500h3v13H8zM13.500 5.500h3v13h-3z' };

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'vars') for (const [key, text] of Object.entries(value)) node.style.setProperty(key, text);
    else if (name === 'value') node.value = value;
    else node.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined && child !== false) node.append(child);
  return node;
}
/** h('button.btn.solid', {onclick}, 'text', node) */
export function h(spec, attributes, ...children) {
  const [tag, ...classes] = spec.split('.');
  const node = document.createElement(tag || 'div');
  if (classes.length) node.className = classes.join(' ');
  if (tag === 'button') node.type = 'button';
  return fill(node, attributes, children);
}
export const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
export const $ = (selector, within = document) => within.querySelector(selector);
export const icon = (name) =>
  svg(
    'svg',
    { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true' },
    SOLID[name] ? svg('path', { d: SOLID[name], fill: 'currentColor' }) : svg('path', { class: 'ic', d: ICONS[name] }),
  );

/** The line under a sun that stands for an emotion. */
export function glyph(emotion) {
  const [suns, line] = HORIZONS[emotion] ?? HORIZONS.UNKNOWN;
  const hollow = emotion === 'FEAR' || emotion === 'UNKNOWN' ? ' g-hollow' : '';
  return svg(
    'svg',
    { class: `glyph e-${emotion}`, viewBox: '-1 3 34 26', 'aria-hidden': 'true' },
    suns.map(([cx, cy, r]) => svg('circle', { class: `g-sun${hollow}`, cx, cy, r })),
    svg('path', { class: 'g-line', d: line, 'stroke-dasharray': emotion === 'UNKNOWN' ? '2.500 2.500' : null }),
  );
}
/** The same as a round landscape. */
export function disc(emotion, extra = '') {
  const [suns, line] = HORIZONS[emotion] ?? HORIZONS.UNKNOWN;
  return svg(
    'svg',
    { class: `disc e-${emotion} ${extra}`, viewBox: '0 0 32 32', 'aria-hidden': 'true' },
    svg('circle', { class: 'd-sky', cx: 16, cy: 16, r: 16 }),
    suns.map(([cx, cy, r]) => svg('circle', { class: 'd-sun', cx, cy, r })),
    svg('path', { class: 'd-land', d: `${line}V32H0z` }),
    svg('circle', { class: 'd-ring', cx: 16, cy: 16, r: 15.25 }),
  );
}
export function say(text) {
  $('#live').textContent = text;
}

/** A line at the bottom of the page, with an action if given. Answers a function that takes it away. */
export function toast(text, action, act, ms = 6000) {
  const close = () => {
    clearTimeout(timer);
    node.remove();
  };
  const node = h(
    'div.toast',
    null,
    h('span', null, text),
    action &&
      h(
        'button.btn.thin',
        {
          onclick: () => {
            close();
            act();
          },
        },
        action,
      ),
  );
  const timer = setTimeout(close, ms);
  $('#toasts').replaceChildren(node);
  return close;
}
/** A modal dialog; Escape and the backdrop close it, and focus returns to where it was. */
export function dialog(label, ...children) {
  const node = h('dialog.sheet', { 'aria-label': label }, ...children);
  node.addEventListener('close', () => node.remove());
  node.addEventListener('click', (event) => {
    if (event.target === node) node.close();
  });
  document.body.append(node);
  node.showModal();
  return node;
}
