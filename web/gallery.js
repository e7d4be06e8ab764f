// The gallery: newest first, by cursor, with only the rows near the window in the document.
import { call, sentence } from './api.js';
import { $, EMOTIONS, disc, glyph, h, icon } from './dom.js';
import { choose } from './app.js';
import { date, day, emotion, t, upper } from './texts.js';
import { events } from './uploads.js';
import { hidden } from './trash.js';

const PAGE = 60;
const CAPTION_PX = 76;
const kept = { rows: [], cursor: undefined, filter: { emotion: '', state: '' }, y: 0, at: 0 };
export const rows = () => kept.rows.filter((row) => !hidden.has(row.upload_id));
const sound = new Audio();
let sounding = null;

function reset() {
  Object.assign(kept, { rows: [], cursor: undefined, y: 0, at: 0 });
}
export const forget = reset;
let stale = false;
events.addEventListener('done', () => {
  stale = true;
});

export function open(main) {
  main.classList.add('wall');
  if (stale) {
    reset();
    stale = false;
  }
  let loading = false;
  let error = null;
  let closed = false;
  const title = h('h1');
  const status = h(
    'select',
    { 'aria-label': t('state') },
    ['', 'complete', 'partial', 'no_face', 'failed'].map((state) =>
      h('option', { value: state, selected: state === kept.filter.state }, `${t('state')}: ${t(`state_${state || 'all'}`)}`),
    ),
  );
  const chips = h('div.filters', { role: 'group', 'aria-label': t('filters') });
  const wall = h('ul.prints', { 'aria-label': t('prints') });
  const foot = h('div');
  main.replaceChildren(h('div.head.row', null, title, status), chips, wall, foot);
  const setFilter = (change) => {
    Object.assign(kept.filter, change);
    reset();
    for (const li of shown.values()) li.remove();
    shown.clear();
    drawChips();
    more();
  };
  status.addEventListener('change', () => setFilter({ state: status.value }));
  const drawChips = () =>
    chips.replaceChildren(
      ...['', ...EMOTIONS].map((name) =>
        h(
          'button.chip',
          {
            'aria-pressed': String(kept.filter.emotion === name),
            onclick: () => {
              setFilter({ emotion: name });
              $('.chip[aria-pressed=true]', chips).focus();
            },
          },
          name && glyph(name),
          h('span', null, name ? upper(emotion(name)) : t('all')),
        ),
      ),
    );
  const shown = new Map();

  async function more() {
    if (loading) return;
    if (kept.cursor === null) return draw();
    loading = true;
    error = null;
    const wanted = JSON.stringify(kept.filter);
    try {
      const query = new URLSearchParams({ limit: PAGE });
      for (const [key, value] of Object.entries(kept.filter)) if (value) query.set(key, value);
      if (kept.cursor) query.set('cursor', kept.cursor);
      const page = await call('GET', `/gallery?${query}`);
      if (wanted === JSON.stringify(kept.filter)) {
        kept.rows.push(...page.uploads);
        kept.cursor = page.next_cursor;
      }
    } catch (failure) {
      error = failure;
    }
    loading = false;
    if (wanted !== JSON.stringify(kept.filter)) return more();
    draw();
  }
  function print(row, at) {
    const name = upper(emotion(row.emotion));
    const label = `${row.emotion ? name : t(row.state)}, ${day(row.created_at)}`;
    const flag = row.state === 'complete' ? row.emotion === 'UNKNOWN' && t('uncertain') : t(`state_${row.state}`);
    const source = row.generated_image ?? row.preview;
    const button =
      row.melody &&
      h(
        'button.disc-btn.small',
        { tabindex: -1, 'aria-label': `${t('play')}: ${label}`, onclick: () => play(row, button) },
        icon(sounding === row.upload_id ? 'pause' : 'play'),
      );
    return h(
      `li.print.e-${row.emotion ?? 'UNKNOWN'}${row.generated_image ? '' : '.pale'}`,
      { 'data-at': at },
      h(
        'a.plate',
        { href: `#/print/${row.upload_id}`, 'aria-label': label, tabindex: at === kept.at ? 0 : -1 },
        source ? h('img', { src: source, alt: '', width: 360, height: 360, decoding: 'async' }) : disc('UNKNOWN'),
      ),
      row.generated_image && row.preview
        ? h('img.sunface', { src: row.preview, alt: '', width: 52, height: 52, decoding: 'async' })
        : null,
      h(
        'div.cap',
        null,
        h('span.cap-e', null, row.emotion ? name : t('unread')),
        h('span.cap-d', null, day(row.created_at), flag && [' · ', h('span.flag', null, flag)]),
      ),
      button || null,
    );
  }
  function grid() {
    const gap = innerWidth < 761 ? 16 : 24;
    const width = wall.clientWidth;
    const columns = innerWidth < 761 ? 2 : Math.max(3, Math.floor((width + gap) / 260));
    const column = (width - gap * (columns - 1)) / columns;
    return { gap, columns, column, height: Math.round(column + CAPTION_PX + gap) };
  }
  function draw() {
    if (closed) return;
    const list = rows();
    const { gap, columns, column, height } = grid();
    const top = wall.getBoundingClientRect().top;
    const firstRow = Math.max(0, Math.floor((-top - innerHeight / 2) / height));
    const lastRow = Math.ceil((-top + innerHeight * 1.5) / height);
    wall.style.setProperty('height', `${Math.ceil(list.length / columns) * height}px`);
    const wanted = new Set();
    for (let at = firstRow * columns; at < Math.min(list.length, (lastRow + 1) * columns); at += 1) {
      const row = list[at];
      const key = row.upload_id;
      wanted.add(key);
      let node = shown.get(key);
      if (!node) {
        node = print(row, at);
        shown.set(key, node);
        wall.append(node);
      }
      node.dataset.at = at;
      node.style.setProperty('width', `${column}px`);
      node.style.setProperty(
        'transform',
        `translate(${(at % columns) * (column + gap)}px,${Math.floor(at / columns) * height}px)`,
      );
    }
    for (const [key, node] of shown)
      if (!wanted.has(key) && !node.contains(document.activeElement)) {
        node.remove();
        shown.delete(key);
      }
    const seen = list[Math.max(0, Math.floor((88 - top) / height)) * columns] ?? list.at(-1);
    const named = seen ? `${upper(date(seen.created_at, { month: 'long' }))} ` : t('gallery');
    const year = seen ? String(new Date(seen.created_at).getFullYear()) : '';
    if (title.textContent !== named + year) title.replaceChildren(named, ...(year ? [h('small', null, year)] : []));
    const state = error
      ? 'broken'
      : !list.length && kept.cursor === null
        ? kept.filter.emotion || kept.filter.state
          ? 'filtered'
          : 'empty'
        : '';
    chips.hidden = status.hidden = state === 'empty';
    if (foot.dataset.state !== state) {
      foot.dataset.state = state;
      foot.replaceChildren(...vacant(state));
    }
    if (!error && kept.cursor !== null && (lastRow + 6) * columns > list.length) more();
  }
  function vacant(state) {
    if (!state) return [];
    const art = disc(kept.filter.emotion || (state === 'broken' ? 'UNKNOWN' : 'HAPPY'), 'vacant-art');
    const act = {
      empty: () => h('button.btn.solid', { onclick: choose }, icon('plus'), t('add')),
      filtered: () =>
        h(
          'button.btn',
          {
            onclick: () => {
              status.value = '';
              setFilter({ emotion: '', state: '' });
            },
          },
          t('show_all'),
        ),
      broken: () => h('button.btn', { onclick: more }, t('retry')),
    }[state]();
    return [
      h(
        'div.vacant',
        null,
        art,
        h('h2', null, t(state)),
        h('p.quiet', null, state === 'empty' ? t('empty_more') : state === 'broken' ? sentence(error, t) : ''),
        act,
      ),
    ];
  }
  function play(row, button) {
    const was = $('.print [data-on]');
    if (was) {
      was.removeAttribute('data-on');
      was.replaceChildren(icon('play'));
    }
    if (sounding === row.upload_id) {
      sound.pause();
      sounding = null;
      return;
    }
    sounding = row.upload_id;
    sound.src = row.melody;
    sound.onended = () => {
      sounding = null;
      button.replaceChildren(icon('play'));
    };
    sound.play().catch(() => {
      sounding = null;
      button.replaceChildren(icon('play'));
    });
    button.dataset.on = '';
    button.replaceChildren(icon('pause'));
  }
  wall.addEventListener('keydown', (event) => {
    const li = event.target.closest('.print');
    if (!li || event.ctrlKey || event.metaKey || event.altKey) return;
    const { columns } = grid();
    const at = Number(li.dataset.at);
    const last = rows().length - 1;
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + columns, ArrowUp: at - columns, Home: 0, End: last }[
      event.key
    ];
    if (event.key === ' ') {
      event.preventDefault();
      $('.disc-btn', li)?.click();
    }
    if (to === undefined) return;
    event.preventDefault();
    focus(Math.min(last, Math.max(0, to)));
  });
  function focus(at) {
    const { columns, height } = grid();
    $('[tabindex="0"]', wall)?.setAttribute('tabindex', -1);
    kept.at = at;
    const y = scrollY + wall.getBoundingClientRect().top + Math.floor(at / columns) * height;
    if (y < scrollY + 90 || y + height > scrollY + innerHeight) scrollTo(0, y - 100);
    draw();
    const link = $('.plate', shown.get(rows()[at].upload_id));
    link.setAttribute('tabindex', 0);
    link.focus({ preventScroll: true });
  }
  let frame = 0;
  const soon = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  };
  const refresh = async () => {
    const page = await call('GET', `/gallery?limit=${PAGE}`).catch(() => null);
    if (!page || closed || kept.filter.emotion || kept.filter.state) return;
    const known = new Set(kept.rows.map((row) => row.upload_id));
    kept.rows.unshift(...page.uploads.filter((row) => !known.has(row.upload_id)));
    stale = false;
    draw();
  };
  addEventListener('scroll', soon, { passive: true });
  addEventListener('resize', soon);
  events.addEventListener('done', refresh);
  hidden.events.addEventListener('change', soon);
  wall.addEventListener('click', (event) => {
    const li = event.target.closest('.print');
    if (li) {
      kept.at = Number(li.dataset.at);
      kept.y = scrollY;
    }
  });
  drawChips();
  draw();
  scrollTo(0, kept.y);
  if (!kept.rows.length) more();
  return () => {
    closed = true;
    sound.pause();
    sounding = null;
    kept.y = scrollY || kept.y;
    removeEventListener('scroll', soon);
    removeEventListener('resize', soon);
    events.removeEventListener('done', refresh);
    hidden.events.removeEventListener('change', soon);
    cancelAnimationFrame(frame);
  };
}
