// The melody: notes as lights above a ridge made of the wave, reflected in water; the playhead is a sun that walks on it.
import { h, icon, svg } from './dom.js';
import { number, t } from './texts.js';
import { notesOf } from './midi.js';

const [WIDTH, HEIGHT, GROUND, RIDGE, POINTS] = [1200, 190, 160, 58, 240];
const REDUCED_MS = 250;
const time = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, '0')}`;
const fetched = async (url) => {
  const response = await fetch(url);
  if (!response.ok) throw new Error(String(response.status));
  return response.arrayBuffer();
};

async function peaksOf(url) {
  const decoder = new OfflineAudioContext(1, 1, 22050);
  const sound = await decoder.decodeAudioData(await fetched(url));
  const wave = sound.getChannelData(0);
  const step = wave.length / POINTS;
  const loud = Array.from({ length: POINTS }, (_, at) => {
    let sum = 0;
    const [from, to] = [Math.floor(at * step), Math.floor((at + 1) * step)];
    for (let n = from; n < to; n += 1) sum += wave[n] * wave[n];
    return Math.sqrt(sum / Math.max(1, to - from));
  });
  const max = Math.max(...loud, 1e-6);
  return { heights: loud.map((one) => one / max), seconds: sound.duration };
}
const smooth = (list, reach) =>
  list.map((_, at) => {
    const near = list.slice(Math.max(0, at - reach), at + reach + 1);
    return near.reduce((sum, one) => sum + one, 0) / near.length;
  });
const area = (heights, scale) =>
  `M0 ${GROUND}${heights.map((one, at) => `L${((at / (POINTS - 1)) * WIDTH).toFixed(1)} ${(GROUND - one * scale).toFixed(1)}`).join('')}L${WIDTH} ${GROUND}z`;

/** A player of a melody; `stop` ends it. */
export function player(melody, score) {
  const audio = new Audio(melody);
  audio.preload = 'metadata';
  let seconds = 15;
  let heights = Array(POINTS).fill(0.2);
  let lights = [];
  let frame = 0;
  let drawn = 0;
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  const played = svg('rect', { x: 0, y: 0, width: 0, height: HEIGHT });
  const far = svg('path', { class: 'r-far' });
  const near = svg('path', { class: 'r-near' });
  const over = svg('path', { class: 'r-played', 'clip-path': 'url(#played)' });
  const water = svg('path', { class: 'r-refl', transform: `translate(0 ${GROUND * 1.35}) scale(1 -.35)` });
  const notes = svg('g', null);
  const button = h('button.disc-btn.play', { 'aria-label': t('play'), onclick: toggle }, icon('play'));
  const seek = h('input.seek', { type: 'range', min: 0, max: seconds, step: 0.01, value: 0, 'aria-label': t('position') });
  const sun = h('span.psun', { 'aria-hidden': 'true' });
  const clock = h('p.p-time', null, time(0));
  const meta = h('p.p-meta.quiet');
  const node = h(
    'div.player',
    { role: 'group', 'aria-label': t('melody') },
    button,
    h(
      'div.p-ridge',
      null,
      svg(
        'svg',
        { class: 'ridge', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
        svg('clipPath', { id: 'played' }, played),
        notes,
        water,
        far,
        near,
        over,
        svg('path', { class: 'r-line', d: `M0 ${GROUND}H${WIDTH}` }),
      ),
      seek,
      sun,
    ),
    clock,
    meta,
  );

  function draw() {
    const low = smooth(heights, 2);
    far.setAttribute('d', area(smooth(heights, 14), RIDGE * 1.25));
    for (const path of [near, over, water]) path.setAttribute('d', area(low, RIDGE));
    heights = low;
    at(audio.currentTime);
  }
  function at(now) {
    const part = Math.min(1, now / seconds);
    const height = heights[Math.min(POINTS - 1, Math.floor(part * POINTS))] * RIDGE;
    played.setAttribute('width', part * WIDTH);
    sun.style.setProperty('left', `${part * 100}%`);
    sun.style.setProperty('top', `${((GROUND - height - 13) / HEIGHT) * 100}%`);
    clock.textContent = `${time(now)} / ${time(seconds)}`;
    seek.setAttribute('aria-valuetext', clock.textContent);
    if (document.activeElement !== seek || !audio.paused) seek.value = now;
    for (const { note, mark } of lights)
      mark.setAttribute('class', `note${now >= note.end ? ' past' : now >= note.start ? ' on' : ''}`);
  }
  function step(ms) {
    frame = requestAnimationFrame(step);
    if (still.matches && ms - drawn < REDUCED_MS) return;
    drawn = ms;
    at(audio.currentTime);
  }
  function toggle() {
    if (audio.paused) audio.play().catch(shown);
    else audio.pause();
  }
  function shown() {
    button.setAttribute('aria-label', t(audio.paused ? 'play' : 'pause'));
    button.replaceChildren(icon(audio.paused ? 'play' : 'pause'));
    cancelAnimationFrame(frame);
    if (!audio.paused) frame = requestAnimationFrame(step);
    else at(audio.currentTime);
  }
  for (const name of ['play', 'pause', 'ended']) audio.addEventListener(name, shown);
  seek.addEventListener('input', () => {
    audio.currentTime = Number(seek.value);
    at(Number(seek.value));
  });
  seek.addEventListener('keydown', (event) => {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    audio.currentTime = Math.min(seconds, Math.max(0, audio.currentTime + by));
    seek.value = audio.currentTime;
    at(audio.currentTime);
  });
  draw();
  peaksOf(melody)
    .then((found) => {
      heights = found.heights;
      seconds = found.seconds;
      seek.max = seconds;
      draw();
    })
    .catch(() => {});
  if (score)
    fetched(score)
      .then((bytes) => {
        const { notes: all, bpm } = notesOf(bytes);
        const low = Math.min(...all.map((note) => note.pitch));
        const span = Math.max(12, Math.max(...all.map((note) => note.pitch)) - low);
        const end = Math.max(seconds, all.at(-1)?.end ?? 0);
        lights = all.map((note) => ({
          note,
          mark: svg('rect', {
            class: 'note',
            x: (note.start / end) * WIDTH,
            y: 78 - ((note.pitch - low) / span) * 74,
            width: Math.max(6, ((note.end - note.start) / end) * WIDTH - 3),
            height: 4.5,
            rx: 2.2,
          }),
        }));
        notes.replaceChildren(...lights.map((light) => light.mark));
        meta.textContent = t('notes', { n: number(all.length), b: number(bpm) });
        at(audio.currentTime);
      })
      .catch(() => {});
  return {
    node,
    toggle,
    stop: () => {
      audio.pause();
      audio.src = '';
      cancelAnimationFrame(frame);
    },
  };
}
