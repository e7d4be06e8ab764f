// One print: photo with its faces, picture, melody, what the faces say, how it was made, and what can be done.
import { call, sentence } from './api.js';
import { go } from './app.js';
import { $, EMOTIONS, STAGES, dialog, disc, glyph, h, icon, svg, toast } from './dom.js';
import { rows } from './gallery.js';
import { player } from './player.js';
import { steps } from './studio.js';
import { count, date, clock, emotion, number, percent, t, upper } from './texts.js';
import { remove } from './trash.js';

const stage = (doc, name) => doc.stages.find((one) => one.name === name);
const heading = (doc) =>
  doc.emotion
    ? t(doc.corrected ? 'you_said' : 'looks', { e: emotion(doc.emotion) })
    : t(doc.state === 'no_face' ? 'no_face' : 'unread');
const ranked = (face) => Object.entries(face.emotions).sort(([, a], [, b]) => b - a);

export async function open(main, id) {
  let closed = false;
  let sound = null;
  let doc = null;
  let faces = [];
  let chosen = 0;
  const say = (error) => {
    if (!closed) toast(sentence(error, t));
  };
  const around = () => {
    const list = rows();
    const at = list.findIndex((row) => row.upload_id === id);
    return at < 0 ? [] : [list[at - 1], list[at + 1]];
  };
  const load = async () => {
    doc = await call('GET', `/uploads/${id}`);
    faces = doc.faces_count ? (await call('GET', `/uploads/${id}/faces`)).faces : [];
  };
  async function watch() {
    while (!closed && !doc.done) {
      $('.remaking', main)?.replaceChildren(h('p.quiet', null, t('making')), steps(doc));
      const known = await call('GET', `/uploads/${id}`, { headers: { Prefer: 'wait=10' } });
      if (closed) return;
      doc = known;
    }
    if (!closed) {
      await load();
      draw();
    }
  }
  const order = async (method, path, body) => {
    try {
      await call(method, `/uploads/${id}/${path}`, { body });
      const old = doc;
      doc = {
        ...(await call('GET', `/uploads/${id}`)),
        generated_image: old.generated_image,
        melody: old.melody,
        melody_midi: old.melody_midi,
      };
      doc.done = false;
      draw(old);
      await watch();
    } catch (error) {
      say(error);
    }
  };

  function ring(face, at) {
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
  function landmarks() {
    return svg(
      'svg',
      { class: 'lms', viewBox: '0 0 100 100', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      faces.flatMap((face) =>
        face.landmarks.map(([x, y]) => svg('ellipse', { cx: x * 100, cy: y * 100, rx: 0.22, ry: 0.3, fill: '#fffdf6' })),
      ),
    );
  }
  function choose(at) {
    chosen = at;
    for (const button of main.querySelectorAll('.fbox,.ftab'))
      button.setAttribute('aria-pressed', String(Number(button.textContent) === at + 1));
    $('.bars', main)?.replaceWith(bars(faces[at]));
  }
  function bars(face) {
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
  function map() {
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
  function made() {
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
      ? (Math.max(...ends.map((one) => Date.parse(one.finished_at))) -
          Math.min(...ends.map((one) => Date.parse(one.started_at)))) /
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
      h(
        'div.danger',
        null,
        h('button.btn.thin', { onclick: replay }, icon('gear'), t('replay')),
        h('button.btn.thin.bad', { onclick: erase }, icon('trash'), t('remove')),
      ),
    );
  }
  function draw(before) {
    sound?.stop();
    sound = null;
    const feeling = doc.emotion ?? before?.emotion ?? 'UNKNOWN';
    main.className = `screen detail e-${feeling}`;
    document.body.className = `room e-${feeling}`;
    const [newer, older] = around();
    const ready = Boolean(doc.generated_image);
    const facesText = doc.faces_count === null ? '' : `${count('faces', doc.faces_count)}. `;
    const sub = doc.corrected
      ? t('said_you')
      : doc.state === 'no_face'
        ? t('no_face_more')
        : doc.confidence === null
          ? ''
          : `${t('at', { e: upper(emotion(feeling)), p: percent(doc.confidence) })}.`;
    const unsure = stage(doc, 'emotion-analysis')?.outcome === 'uncertain' && !doc.corrected;
    const photo = h(
      'div.frame',
      null,
      doc.preview && h('img', { src: doc.preview, alt: t('photo_alt') }),
      faces.length > 0 && landmarks(),
      faces.map(ring),
    );
    const nav = (row, name, key) =>
      row ? h('a.tool', { href: `#/print/${row.upload_id}`, 'aria-label': t(key) }, icon(name)) : null;
    main.replaceChildren(
      h(
        'div.d-bar',
        null,
        h('a.btn.thin', { href: '#/gallery' }, icon('left'), t('gallery')),
        h(
          'p.quiet.fn',
          null,
          `${date(doc.created_at, { weekday: 'long', day: 'numeric', month: 'long' })}, ${clock(doc.created_at)}${doc.filename ? ` · ${doc.filename}` : ''}`,
        ),
        h('div.d-nav', null, nav(newer, 'left', 'previous'), nav(older, 'right', 'next')),
      ),
      h(
        `div.diptych${ready ? '' : '.alone'}`,
        null,
        h('figure.photo', null, photo),
        ready &&
          h(
            'figure.picture',
            null,
            h(
              'div.frame',
              null,
              h('img', { src: doc.generated_image, alt: t('picture_alt', { e: emotion(feeling) }) }),
              h('button.disc-btn.corner', { 'aria-label': t('full'), onclick: full }, icon('full')),
            ),
          ),
      ),
      h(
        'div.d-title',
        null,
        disc(feeling, 'title'),
        h('div', null, h('h1', null, heading(doc)), h('p.quiet', null, facesText, sub, unsure && ` ${t('uncertain_more')}`)),
        h(
          'div.acts',
          null,
          h('button.btn', { onclick: correct }, icon('edit'), t(doc.emotion ? 'not_this' : 'tell')),
          doc.emotion &&
            h(
              'button.btn',
              { onclick: () => order('POST', 'replay', { from_stage: 'emotion-analysis', reroll: true }) },
              icon('again'),
              t('again'),
            ),
          ready && h('button.btn.solid', { onclick: share }, icon('share'), t('share')),
        ),
      ),
      ...(doc.done ? [] : [h('div.remaking', { role: 'status' }, h('p.quiet', null, t('making')), steps(doc))]),
      ...(doc.melody ? [(sound = player(doc.melody, doc.melody_midi)).node] : []),
      h(
        'div.d-cols',
        null,
        h(
          'section',
          null,
          h('h2', null, t('say_faces')),
          faces.length > 1 &&
            h(
              'div.ftabs',
              { role: 'group', 'aria-label': t('face') },
              faces.map((face, at) =>
                h('button.ftab', { 'aria-pressed': String(at === chosen), onclick: () => choose(at) }, at + 1),
              ),
            ),
          faces.length ? bars(faces[chosen]) : h('p.quiet', null, t('faces_0')),
        ),
        faces.length > 0 && h('section', null, h('h2', null, t('where')), map()),
        made(),
      ),
    );
    const image = $('.photo img', main);
    const shape = () => {
      const ratio = image.naturalWidth / image.naturalHeight;
      $('.photo', main)?.style.setProperty('flex', `${ratio} 1 0`);
      photo.style.setProperty('aspect-ratio', String(ratio));
    };
    if (image) {
      image.addEventListener('load', shape);
      if (image.complete && image.naturalWidth) shape();
    }
  }
  function correct() {
    const options = EMOTIONS.filter((name) => name !== 'UNKNOWN').map((name) =>
      h(
        'label.fixo',
        null,
        h('input', { type: 'radio', name: 'emotion', value: name, checked: name === doc.emotion }),
        disc(name),
        h('span', null, upper(emotion(name))),
      ),
    );
    const button = Object.assign(h('button.btn.solid', null, t('it_is', { e: doc.emotion ? emotion(doc.emotion) : '…' })), {
      type: 'submit',
    });
    const form = h(
      'form',
      { method: 'dialog' },
      h('div.fixes', { role: 'radiogroup', 'aria-label': t('what') }, options),
      h('div.acts-c', null, h('button.btn', { onclick: () => node.close() }, t('cancel')), button),
    );
    form.addEventListener('change', () => {
      button.textContent = t('it_is', { e: emotion(form.elements.emotion.value) });
    });
    form.addEventListener('submit', () => {
      const value = form.elements.emotion.value;
      if (value) order('PUT', 'emotion', { emotion: value });
    });
    const node = dialog(t('what'), h('h2', null, t('what')), h('p.quiet', null, t('what_more')), form);
  }
  function replay() {
    const select = h(
      'select',
      { 'aria-label': t('from') },
      STAGES.slice(0, 4).map((name) => h('option', { value: name }, t(`s_${name}`))),
    );
    const differ = h('input', { type: 'checkbox', checked: true });
    const form = h(
      'form',
      { method: 'dialog' },
      select,
      h('label.check', null, differ, t('reroll')),
      h(
        'div.acts-c',
        null,
        h('button.btn', { onclick: () => node.close() }, t('cancel')),
        Object.assign(h('button.btn.solid', null, t('go')), { type: 'submit' }),
      ),
    );
    form.addEventListener('submit', () => order('POST', 'replay', { from_stage: select.value, reroll: differ.checked }));
    const node = dialog(t('from'), h('h2', null, t('from')), form);
  }
  function full() {
    const node = h(
      'dialog.fullscr',
      { 'aria-label': t('full') },
      h('img', { src: doc.generated_image, alt: t('picture_alt', { e: emotion(doc.emotion) }) }),
      h('p', null, heading(doc)),
      h('button.tool', { 'aria-label': t('close'), onclick: () => node.close() }, icon('close')),
    );
    node.addEventListener('close', () => node.remove());
    document.body.append(node);
    node.showModal();
  }
  function erase() {
    const next = around().find(Boolean);
    remove(id);
    go(next ? `#/print/${next.upload_id}` : '#/gallery');
  }
  /** Photo and picture side by side with the title: made here, sent nowhere but where the reader says. */
  async function share() {
    try {
      const [photo, picture] = await Promise.all(
        [doc.preview, doc.generated_image].map(async (url) => createImageBitmap(await (await fetch(url)).blob())),
      );
      const [height, edge] = [900, 48];
      const wide = Math.round((photo.width / photo.height) * height);
      const canvas = Object.assign(document.createElement('canvas'), {
        width: wide + height + edge * 3,
        height: height + edge * 2 + 132,
      });
      const pen = canvas.getContext('2d');
      const css = getComputedStyle(main);
      pen.fillStyle = css.getPropertyValue('--wash');
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(photo, edge, edge, wide, height);
      pen.drawImage(picture, wide + edge * 2, edge, height, height);
      pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--ink');
      pen.font = `64px ${getComputedStyle(document.body).fontFamily}`;
      pen.fillText(heading(doc), edge, height + edge + 92);
      pen.font = `30px ${getComputedStyle(document.body).fontFamily}`;
      pen.textAlign = 'right';
      pen.fillText('Semblante', canvas.width - edge, height + edge + 88);
      const blob = await new Promise((resolve) => {
        canvas.toBlob(resolve, 'image/jpeg', 0.9);
      });
      const file = new File([blob], 'semblante.jpg', { type: 'image/jpeg' });
      if (navigator.canShare?.({ files: [file] })) return await navigator.share({ files: [file], title: heading(doc) });
      const url = URL.createObjectURL(blob);
      h('a', { href: url, download: file.name }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60000);
    } catch (error) {
      if (error.name !== 'AbortError') say(error);
    }
  }
  const keys = (event) => {
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      !doc ||
      event.target.closest('input,select,dialog') ||
      (event.key === ' ' && event.target.closest('button,a'))
    )
      return;
    if (event.key === 'Escape') return go('#/gallery');
    try {
      if (localStorage.getItem('keys') === 'off') return;
    } catch {
      /* private mode */
    }
    const [newer, older] = around();
    const act =
      {
        ArrowLeft: newer && (() => go(`#/print/${newer.upload_id}`)),
        ArrowRight: older && (() => go(`#/print/${older.upload_id}`)),
        ' ': sound?.toggle,
        f: doc.generated_image && full,
        e: correct,
        Delete: erase,
      }[event.key] ??
      (faces[Number(event.key) - 1] && (() => choose(Number(event.key) - 1)));
    if (act) {
      event.preventDefault();
      act();
    }
  };
  addEventListener('keydown', keys);
  const close = () => {
    closed = true;
    sound?.stop();
    removeEventListener('keydown', keys);
  };
  main.replaceChildren(h('p.vh', { role: 'status' }, t('prints')));
  try {
    await load();
    draw();
    scrollTo(0, 0);
    if (!doc.done) watch().catch(say);
  } catch (error) {
    main.replaceChildren(
      h(
        'div.vacant',
        null,
        disc('UNKNOWN', 'vacant-art'),
        h('h1', null, sentence(error, t)),
        h('a.btn', { href: '#/gallery' }, t('gallery')),
      ),
    );
  }
  return close;
}
