// One print: photo with its faces, picture, melody, what the faces say, how it was made, and what can be done.
import { call, sentence } from './api.js';
import { go } from './app.js';
import { $, disc, h, icon, toast } from './dom.js';
import { bars, landmarks, map, ring } from './faces.js';
import { rows } from './gallery.js';
import { made } from './made.js';
import { correct, replay } from './orders.js';
import { player } from './player.js';
import { share } from './share.js';
import { steps } from './studio.js';
import { count, date, clock, emotion, percent, t, upper } from './texts.js';
import { remove } from './trash.js';

const stage = (doc, name) => doc.stages.find((one) => one.name === name);
const heading = (doc) =>
  doc.emotion
    ? t(doc.corrected ? 'you_said' : 'looks', { e: emotion(doc.emotion) })
    : t(doc.state === 'no_face' ? 'no_face' : 'unread');

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

  function choose(at) {
    chosen = at;
    for (const button of main.querySelectorAll('.fbox,.ftab'))
      button.setAttribute('aria-pressed', String(Number(button.textContent) === at + 1));
    $('.bars', main)?.replaceWith(bars(faces[at]));
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
      faces.length > 0 && landmarks(faces),
      faces.map((face, at) => ring(face, at, chosen, choose)),
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
          h('button.btn', { onclick: () => correct(doc, order) }, icon('edit'), t(doc.emotion ? 'not_this' : 'tell')),
          doc.emotion &&
            h(
              'button.btn',
              { onclick: () => order('POST', 'replay', { from_stage: 'emotion-analysis', reroll: true }) },
              icon('again'),
              t('again'),
            ),
          ready && h('button.btn.solid', { onclick: send }, icon('share'), t('share')),
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
        faces.length > 0 && h('section', null, h('h2', null, t('where')), map(faces)),
        made(doc, [
          h('button.btn.thin', { onclick: () => replay(order) }, icon('gear'), t('replay')),
          h('button.btn.thin.bad', { onclick: erase }, icon('trash'), t('remove')),
        ]),
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
  async function send() {
    try {
      await share(doc, heading(doc), main);
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
        e: () => correct(doc, order),
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
