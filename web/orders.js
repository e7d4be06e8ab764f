// Dialogs that order another attempt; `order(method, path, body)` sends it.
import { EMOTIONS, STAGES, dialog, disc, h } from './dom.js';
import { emotion, t, upper } from './texts.js';

/** Asks which emotion it is. */
export function correct(doc, order) {
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

/** Asks from which stage to run again. */
export function replay(order) {
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
