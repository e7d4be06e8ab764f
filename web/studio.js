// The studio: each photo becomes a landscape in layers, as its stages end.
import { $, STAGES, h, svg } from './dom.js';
import { count, emotion, mb, number, percent, t } from './texts.js';
import * as uploads from './uploads.js';
import { call, sentence } from './api.js';
import { toast } from './dom.js';

/** The state of one stage in words that the style sheet knows. */
export function mark(stage) {
  if (stage.state === 'pending') return 'wait';
  if (stage.state === 'running') return 'run';
  return { failed: 'bad', no_face: 'none', skipped: 'none', uncertain: 'unsure' }[stage.outcome] ?? 'done';
}
export function steps(doc) {
  const stages = doc?.stages ?? STAGES.map((name) => ({ name, state: 'pending' }));
  return h(
    'ol.steps',
    { 'aria-label': t('steps') },
    stages.map((stage) =>
      h(
        `li.st-${mark(stage)}`,
        null,
        h('span.st-mark', { 'aria-hidden': 'true' }),
        h('span', null, t(`s_${stage.name}`), h('span.vh', null, `: ${t(`st_${mark(stage)}`)}`)),
      ),
    ),
  );
}
const stage = (doc, name) => doc?.stages.find((one) => one.name === name);
const isGood = (doc, name) => ['succeeded', 'uncertain'].includes(stage(doc, name)?.outcome);

export function words(item) {
  const { doc } = item;
  if (item.phase === 'refused') return [t('refused'), item.error];
  if (!doc) {
    if (item.phase === 'sending') return [t('awaiting'), t('sent', { p: percent(item.sent / item.size), mb: mb(item.size) })];
    return [t(item.phase === 'paused' ? 'paused' : item.phase === 'hashing' ? 'hashing' : 'waiting'), `${mb(item.size)} MB`];
  }
  const faces = doc.faces_count === null ? '' : count('faces', doc.faces_count);
  const failure = doc.refused_detail ?? doc.stages.find((one) => one.error)?.error.detail ?? '';
  switch (doc.state) {
    case 'stored':
      return [t('stored'), t('stored_more')];
    case 'running': {
      const at = doc.stages.findIndex((one) => one.state === 'running');
      return [t(`run_${at === 3 ? 2 : Math.max(0, at)}`), at > 1 ? t('looks', { e: emotion(doc.emotion) }) : faces];
    }
    case 'complete':
      return [
        t('complete', { e: emotion(doc.emotion) }),
        item.duplicate ? t('duplicate') : stage(doc, 'emotion-analysis')?.outcome === 'uncertain' ? t('uncertain_more') : faces,
      ];
    case 'partial': {
      const [image, melody] = [isGood(doc, 'image-generation'), isGood(doc, 'melody-generation')];
      return [t('partial'), t(image ? 'partial_melody' : melody ? 'partial_image' : 'partial_both')];
    }
    case 'no_face':
      return [t('no_face'), t('no_face_more')];
    case 'failed':
      return [doc.refused ? t('refused') : t('failed'), failure || t('failed_more')];
    case 'expired':
      return [t('expired'), ''];
    default:
      return [t('awaiting'), ''];
  }
}
const RIDGES = [
  'M0 200C50 158 84 176 130 168S220 196 320 158V320H0z',
  'M0 232C60 204 110 236 170 216S270 228 320 204V320H0z',
  'M0 268C70 244 120 272 190 256S280 268 320 250V320H0z',
];
function scene(item) {
  const { doc } = item;
  const has = (name) => isGood(doc, name);
  const bad = item.phase === 'refused' || ['failed', 'expired'].includes(doc?.state);
  const felt = has('emotion-analysis');
  const p = item.doc ? 1 : item.size ? item.sent / item.size : 0;
  const id = `k${item.key}`;
  const children = [svg('rect', { class: felt ? 'sc-sky' : 'sc-paper', width: 320, height: 320 })];
  const photo = item.url ?? doc?.preview;
  if (felt) {
    children.push(svg('circle', { class: 'sc-sun', cx: 160, cy: 118, r: 38 }));
    RIDGES.forEach((d, n) =>
      children.push(
        svg('path', {
          class: has('image-generation') ? `sc-l${n + 1}` : 'sc-ghost',
          d: has('image-generation') ? d : d.replace('V320H0z', ''),
        }),
      ),
    );
    if (has('melody-generation'))
      children.push(
        svg('path', { class: 'sc-mel', d: 'M24 292l22-10 22 6 22-16 22 12 22-4 22-12 22 14 22-8 22 8 22-14 22 10 22-2' }),
      );
  } else {
    const cy = 302 - 108 * (item.phase === 'sending' || doc ? p : 0);
    children.push(
      svg('clipPath', { id: `${id}h` }, svg('path', { d: 'M0 0H320V214H0z' })),
      svg('clipPath', { id: `${id}c` }, svg('circle', { cx: 160, cy: doc ? 130 : cy, r: 84 })),
    );
    if (photo && doc?.state !== 'no_face')
      children.push(
        svg(
          'g',
          { 'clip-path': `url(#${id}h)` },
          svg('image', {
            class: bad ? 'k-failed' : '',
            href: photo,
            x: 76,
            y: (doc ? 130 : cy) - 84,
            width: 168,
            height: 168,
            preserveAspectRatio: 'xMidYMid slice',
            'clip-path': `url(#${id}c)`,
          }),
        ),
      );
    if (doc?.state === 'no_face') children.push(svg('circle', { class: 'sc-none', cx: 160, cy: 130, r: 58 }));
    if (doc?.state === 'running') children.push(svg('circle', { class: 'sc-none turning', cx: 160, cy: 130, r: 92 }));
    children.push(
      svg('path', { class: 'sc-line dim', d: 'M0 214H320' }),
      bad
        ? svg('path', { class: 'sc-line bad', d: 'M0 214H132l14-16 14 30 14-14H320' })
        : svg('path', { class: 'sc-line', d: `M0 214H${Math.round(320 * p)}` }),
      svg('path', { class: 'sc-refl', d: 'M118 232h84M134 248h52M148 264h24' }),
    );
  }
  return svg('svg', { class: `scene e-${doc?.emotion ?? 'CALM'}`, viewBox: '0 0 320 320', 'aria-hidden': 'true' }, children);
}
function card(item) {
  const { doc } = item;
  const [title, more] = words(item);
  const made = doc?.done && doc.generated_image;
  const plate = made
    ? h(
        'a.plate',
        { href: `#/print/${item.id}`, tabindex: -1, 'aria-hidden': 'true' },
        h('img.scene.rising', { src: doc.generated_image, alt: '' }),
      )
    : h('div.plate', null, scene(item));
  const small = isGood(doc, 'emotion-analysis') && (item.url ?? doc.preview);
  if (small) plate.append(h('img.sunface', { src: small, alt: '' }));
  const again = () =>
    call('POST', `/uploads/${item.id}/replay`, { body: {} })
      .then(() => call('GET', `/uploads/${item.id}`))
      .then(uploads.follow)
      .catch((error) => toast(sentence(error, t)));
  const acts = h(
    'div.pick',
    null,
    doc?.done && ['complete', 'partial'].includes(doc.state) && h('a.btn.thin', { href: `#/print/${item.id}` }, t('see')),
    doc?.done &&
      (doc.state === 'partial' || (doc.state === 'failed' && !doc.refused)) &&
      h('button.btn.thin', { onclick: again }, t('ask_again')),
    doc?.state === 'no_face' && h('a.btn.thin', { href: `#/print/${item.id}` }, t('tell')),
    item.phase === 'refused' && item.mayRetry && h('button.btn.thin', { onclick: () => uploads.retry([item]) }, t('retry')),
    (item.phase === 'refused' || doc?.done) && h('button.btn.thin', { onclick: () => uploads.dismiss(item) }, t('dismiss')),
  );
  return h(
    'li.run',
    { 'data-key': item.key },
    plate,
    h(
      'div.run-text',
      null,
      h('h2.h3', null, title),
      item.name && h('p.fn', null, item.name),
      more && h('p', null, more),
      item.phase !== 'refused' && steps(doc),
      acts.children.length > 0 && acts,
    ),
  );
}
/** What is drawn of an item; a card is made anew only if this differs. */
const look = (item) =>
  JSON.stringify([document.documentElement.lang, words(item), item.doc?.stages.map(mark), Boolean(item.doc?.generated_image)]);

export function open(main) {
  main.classList.add('making');
  const list = h('ul.runs');
  const all = h('div');
  const drawn = new Map();
  const draw = () => {
    const failed = uploads.retryable();
    all.replaceChildren(
      ...(failed.length > 1
        ? [h('button.btn', { onclick: () => uploads.retry(failed) }, t('retry_all', { n: number(failed.length) }))]
        : []),
    );
    if (!uploads.items.length) return list.replaceChildren(h('li.quiet', null, t('studio_empty')));
    for (const li of [...list.children])
      if (!uploads.items.some((item) => String(item.key) === li.dataset.key)) {
        drawn.delete(Number(li.dataset.key));
        li.remove();
      }
    uploads.items.forEach((item, at) => {
      const known = drawn.get(item.key);
      const now = look(item);
      let node = known?.node;
      if (known?.look !== now) {
        node = card(item);
        const focused = known && known.node.contains(document.activeElement);
        known?.node.replaceWith(node);
        if (focused) $('a,button', node)?.focus();
        drawn.set(item.key, { look: now, node });
      }
      if (list.children[at] !== node) list.insertBefore(node, list.children[at] ?? null);
    });
  };
  let frame = 0;
  const soon = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  };
  main.replaceChildren(h('div.head', null, h('h1', null, t('studio')), h('p.quiet', null, t('studio_lede')), all), list);
  draw();
  uploads.events.addEventListener('change', soon);
  return () => {
    uploads.events.removeEventListener('change', soon);
    cancelAnimationFrame(frame);
  };
}
