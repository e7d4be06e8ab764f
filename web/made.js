// How a print was made, and its downloads.
import { h, icon } from './dom.js';
import { number, t } from './texts.js';

const stage = (doc, name) => doc.stages.find((one) => one.name === name);

/** Who made the print with which seed, and its files; `acts` are buttons. */
export function made(doc, acts) {
  const by = (name) => stage(doc, name)?.made_by;
  const row = (label, maker) =>
    maker &&
    h(
      'div',
      null,
      h('dt', null, t(label)),
      h(
        'dd',
        null,
        maker.model,
        maker.seed !== undefined && maker.seed !== null
          ? [`, ${t('seed')} `, h('code', null, String(maker.seed))]
          : [' ', h('code', { title: maker.digest }, maker.digest?.slice(0, 8))],
      ),
    );
  const ends = doc.stages.filter((one) => one.finished_at);
  const took = ends.length
    ? (Math.max(...ends.map((one) => Date.parse(one.finished_at))) - Math.min(...ends.map((one) => Date.parse(one.started_at)))) /
      1000
    : 0;
  const name = (doc.filename ?? 'semblante').replace(/\.\w+$/, '');
  const link = (url, label, kind) =>
    url &&
    h(
      'a',
      { href: url, download: `${name}.${kind.toLowerCase()}` },
      icon('down'),
      h('span.link', null, t(label)),
      h('small', null, kind),
    );
  return h(
    'section',
    null,
    h('h2', null, t('how')),
    h(
      'dl.facts',
      null,
      row('image', by('image-generation')),
      row('melody', by('melody-generation')),
      row('reading', by('emotion-analysis')),
      took > 0 && h('div', null, h('dt', null, t('time')), h('dd', null, t('took', { s: number(took), n: doc.attempt }))),
    ),
    h(
      'div.dl',
      null,
      link(doc.generated_image, 'image', 'JPG'),
      link(doc.melody, 'melody', 'MP3'),
      link(doc.melody_midi, 'score', 'MID'),
    ),
    h('div.danger', null, acts),
  );
}
