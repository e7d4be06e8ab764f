// The calendar of feelings: a month as one line, then each day as a round landscape.
import { call, sentence } from './api.js';
import { go } from './app.js';
import { disc, h, icon, svg, toast } from './dom.js';
import { clock, count, date, emotion, t, upper } from './texts.js';

/** Where each emotion lies between unpleasant and pleasant, for the line. */
const VALENCE = {
  HAPPY: 0.8,
  SURPRISED: 0.35,
  CALM: 0.5,
  CONFUSED: -0.2,
  SAD: -0.65,
  FEAR: -0.7,
  ANGRY: -0.7,
  DISGUSTED: -0.6,
  UNKNOWN: 0,
};
const [WIDTH, HEIGHT] = [1120, 130];
const MAX_PAGES = 20;
const code = (year, month) =>
  `${new Date(year, month).getFullYear()}-${String(new Date(year, month).getMonth() + 1).padStart(2, '0')}`;

async function month(first, next) {
  const days = new Map();
  let cursor = '';
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const query = new URLSearchParams({ limit: 100, from: first.toISOString(), to: next.toISOString() });
    if (cursor) query.set('cursor', cursor);
    const answer = await call('GET', `/gallery?${query}`);
    for (const row of answer.uploads) {
      const at = new Date(row.created_at).getDate();
      if (row.emotion && new Date(row.created_at) < next) days.set(at, [...(days.get(at) ?? []), row]);
    }
    cursor = answer.next_cursor;
    if (!cursor) break;
  }
  return days;
}
/** The emotions of a day, most frequent first. */
function feelings(rows) {
  const seen = new Map();
  for (const row of rows) seen.set(row.emotion, (seen.get(row.emotion) ?? 0) + 1);
  return [...seen].sort(([, a], [, b]) => b - a).map(([name]) => name);
}
function line(days, length) {
  const points = [...days]
    .sort(([a], [b]) => a - b)
    .map(([at, rows]) => ({
      x: ((at - 0.5) / length) * WIDTH,
      y: HEIGHT / 2 - (rows.reduce((sum, row) => sum + VALENCE[row.emotion], 0) / rows.length) * HEIGHT * 0.42,
      name: feelings(rows)[0],
    }));
  const path = points
    .map((p, at) => {
      const b = points[at - 1];
      if (!b) return `M${p.x} ${p.y}`;
      const middle = (b.x + p.x) / 2;
      return `C${middle} ${b.y} ${middle} ${p.y} ${p.x} ${p.y}`;
    })
    .join('');
  return svg(
    'svg',
    { class: 'mridge', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': t('month_line') },
    svg('path', { class: 'mr-zero', d: `M0 ${HEIGHT / 2}H${WIDTH}` }),
    points.length > 1 && svg('path', { class: 'mr-line', d: path }),
    points.map(({ x, y, name }) => svg('circle', { class: `fill-mark e-${name}`, cx: x, cy: y, r: 8 })),
  );
}
export async function open(main, which) {
  const now = new Date();
  const [year, number] = (which ?? code(now.getFullYear(), now.getMonth())).split('-').map(Number);
  const first = new Date(year, number - 1);
  const next = new Date(year, number);
  const to = (step) => `#/calendar/${code(year, number - 1 + step)}`;
  const length = new Date(year, number, 0).getDate();
  const isNow = code(year, number - 1) === code(now.getFullYear(), now.getMonth());
  let days = new Map();
  try {
    days = await month(first, next);
  } catch (error) {
    toast(sentence(error, t));
  }
  let chosen = isNow && days.has(now.getDate()) ? now.getDate() : Math.max(0, ...days.keys());
  const aside = h('aside', { 'aria-live': 'polite' });
  const table = h('table.cal');
  const full = (at) => date(new Date(year, number - 1, at), { weekday: 'long', day: 'numeric' });
  function pick(at) {
    chosen = at;
    for (const button of table.querySelectorAll('button'))
      button.setAttribute('aria-pressed', String(Number(button.dataset.day) === at));
    const rows = days.get(at) ?? [];
    aside.replaceChildren(
      ...(rows.length
        ? [
            h('h2', null, upper(full(at))),
            h('p.quiet', null, count('prints', rows.length, 'prints_n')),
            h(
              'ul.mini',
              null,
              rows
                .slice(0, 12)
                .map((row) =>
                  h(
                    'li',
                    null,
                    h(
                      'a',
                      { href: `#/print/${row.upload_id}` },
                      (row.generated_image ?? row.preview)
                        ? h('img', { src: row.generated_image ?? row.preview, alt: '', loading: 'lazy' })
                        : disc(row.emotion),
                      h('span', null, h('b', null, upper(emotion(row.emotion))), h('small', null, clock(row.created_at))),
                    ),
                  ),
                ),
            ),
          ]
        : [h('p.quiet', null, t('cal_none'))]),
    );
  }
  function cell(at) {
    if (at < 1 || at > length) return h('td');
    const names = feelings(days.get(at) ?? []);
    const today = isNow && at === now.getDate() ? '.today' : '';
    if (!names.length)
      return h('td', null, h(`span.day.none${today}`, null, h('span.n', null, at), h('span.dash', { 'aria-hidden': 'true' })));
    return h(
      'td',
      null,
      h(
        `button.day${today}`,
        {
          'data-day': at,
          'aria-pressed': 'false',
          'aria-label': `${full(at)}: ${names.map(emotion).join(', ')}`,
          onclick: () => pick(at),
        },
        h('span.n', null, at),
        disc(names[0], days.get(at).length > 1 ? 'big' : ''),
        h(
          'span.moons',
          null,
          names.slice(1, 3).map((name) => disc(name, 'moonlet')),
        ),
      ),
    );
  }
  const lead = (first.getDay() + 6) % 7;
  const weeks = Math.ceil((lead + length) / 7);
  const monday = (at) => date(new Date(2026, 5, 1 + at), { weekday: 'short' });
  table.append(
    h(
      'thead',
      null,
      h(
        'tr',
        null,
        [0, 1, 2, 3, 4, 5, 6].map((at) => h('th', { scope: 'col' }, monday(at))),
      ),
    ),
    h(
      'tbody',
      null,
      Array.from({ length: weeks }, (_, week) =>
        h(
          'tr',
          null,
          [0, 1, 2, 3, 4, 5, 6].map((at) => cell(week * 7 + at - lead + 1)),
        ),
      ),
    ),
  );
  table.addEventListener('keydown', (event) => {
    const from = Number(event.target.dataset?.day);
    if (event.key === 'PageUp' || event.key === 'PageDown') {
      event.preventDefault();
      return go(to(event.key === 'PageUp' ? -1 : 1));
    }
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }[event.key];
    if (!from || !step) return;
    event.preventDefault();
    const there = [...table.querySelectorAll('button')].map((button) => Number(button.dataset.day));
    const target =
      step > 0
        ? (there.find((at) => at >= from + step) ?? there.at(-1))
        : (there.findLast((at) => at <= from + step) ?? there[0]);
    table.querySelector(`[data-day="${target}"]`).focus();
  });
  main.replaceChildren(
    h(
      'div.head.row',
      null,
      h(
        'div',
        null,
        h('h1', null, `${upper(date(first, { month: 'long' }))} `, h('small', null, year)),
        h('p.quiet', null, t('cal_lede')),
      ),
      h(
        'div.d-nav',
        null,
        h('a.tool', { href: to(-1), 'aria-label': t('previous') }, icon('left')),
        h('a.btn.thin', { href: `#/calendar/${code(now.getFullYear(), now.getMonth())}` }, upper(t('today'))),
        !isNow && h('a.tool', { href: to(1), 'aria-label': t('next') }, icon('right')),
      ),
    ),
    h(
      'div.mline',
      null,
      h('p.small.quiet', { 'aria-hidden': 'true' }, t('pleasant')),
      line(days, length),
      h('p.small.quiet', { 'aria-hidden': 'true' }, t('hard')),
    ),
    h('div.cal-body', null, table, aside),
  );
  pick(chosen);
}
