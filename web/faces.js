// The faces of a photo: rings and landmarks on it, bars of their emotions, their places between pleasant and intense.
import { glyph, h, svg } from './dom.js';
import { emotion, number, percent, t, upper } from './texts.js';

const ranked = (face) => Object.entries(face.emotions).sort(([, a], [, b]) => b - a);

/** A button around a face; `choose(at)` when it is pressed. */
export function ring(face, at, chosen, choose) {
  const { left, top, width, height } = face.box;
  const put = (value) => `${value * 100}%`;
  return h(
    `button.fbox.e-${face.emotion}`,
    {
      'aria-pressed': String(at === chosen),
      'aria-label': t('face_n', { n: at + 1, e: emotion(face.emotion) }),
      onclick: () => choose(at),
      vars: { left: put(left), top: put(top), width: put(width), height: put(height) },
    },
    h('span', null, at + 1),
  );
}

/** The points of all faces. */
export function landmarks(faces) {
  return svg(
    'svg',
    { class: 'lms', viewBox: '0 0 100 100', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    faces.flatMap((face) =>
      face.landmarks.map(([x, y]) => svg('ellipse', { cx: x * 100, cy: y * 100, rx: 0.22, ry: 0.3, fill: '#fffdf6' })),
    ),
  );
}

/** The most probable emotions of a face. */
export function bars(face) {
  const all = ranked(face);
  const shown = all.filter(([, p], at) => at < 1 || (at < 4 && p >= 0.01));
  const rest = all.slice(shown.length).reduce((sum, [, p]) => sum + p, 0);
  return h(
    'dl.bars',
    null,
    shown.map(([name, p]) =>
      h(
        `div.e-${name}`,
        null,
        h('dt', null, glyph(name), upper(emotion(name))),
        h(
          'dd',
          null,
          svg(
            'svg',
            { class: 'bar', viewBox: '0 0 100 4', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
            svg('rect', { class: 'b0', width: 100, height: 4 }),
            svg('rect', { class: 'fill-mark', width: p * 100, height: 4 }),
          ),
          h('span', null, `${percent(p)} %`),
        ),
      ),
    ),
    h('div.rest', null, h('dt', null, t('others')), h('dd', null, `${percent(rest)} %`)),
  );
}

/** Valence across, arousal up. */
export function map(faces) {
  const list = faces
    .map((face, at) => t('map_face', { n: at + 1, v: number(face.valence, 2), a: number(face.arousal, 2) }))
    .join(' ');
  const place = (face) => {
    const far = Math.max(1, Math.hypot(face.valence, face.arousal));
    return [100 + (face.valence / far) * 84, 100 - (face.arousal / far) * 84];
  };
  return h(
    'div.vawrap',
    null,
    h('span.va-n', null, t('intense')),
    h('span.va-w', null, t('hard')),
    svg(
      'svg',
      { class: 'va', viewBox: '0 0 200 200', role: 'img', 'aria-label': t('map', { list }) },
      svg('circle', { class: 'va-bg', cx: 100, cy: 100, r: 96 }),
      svg('path', { class: 'va-land', d: 'M4 100a96 96 0 0 0 192 0z' }),
      svg('path', { class: 'va-ax', d: 'M100 4V196M4 100H196' }),
      faces.map((face, at) => {
        const [x, y] = place(face);
        return svg(
          'g',
          { class: `e-${face.emotion}` },
          svg('circle', { class: 'va-face fill-mark', cx: x, cy: y, r: 9 }),
          svg('text', { x, y: y + 3.6 }, String(at + 1)),
        );
      }),
    ),
    h('span', null, t('pleasant')),
    h('span.va-s', null, t('serene')),
  );
}
