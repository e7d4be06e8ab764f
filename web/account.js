// The account: sessions, password, export, keys, and its end.
import * as api from './api.js';
import { attempt, field, go } from './app.js';
import { h, toast } from './dom.js';
import { date, t } from './texts.js';

const submit = (label, bad) => Object.assign(h(`button.btn${bad ? '.bad' : ''}`, null, label), { type: 'submit' });
function section(title, ...children) {
  return h('section', null, h('h2', null, title), ...children);
}

function sessions() {
  const list = h('ul.people');
  const note = h('p.msg', { role: 'alert' });
  const load = async () => {
    const { sessions: all } = await api.call('GET', '/api/v1/auth/sessions');
    list.replaceChildren(
      ...all.map((one) =>
        h(
          'li',
          null,
          h(
            'span',
            null,
            t('began', { d: date(one.began_at, { day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit' }) }),
            one.current && ` · ${t('this_one')}`,
          ),
          !one.current &&
            h(
              'button.btn.thin',
              {
                onclick: ({ currentTarget }) =>
                  attempt(currentTarget, note, async () => {
                    await api.call('DELETE', `/api/v1/auth/sessions/${one.session_id}`);
                    await load();
                  }),
              },
              t('end'),
            ),
        ),
      ),
    );
  };
  load().catch((error) => {
    note.textContent = api.sentence(error, t);
  });
  return section(
    t('sessions'),
    list,
    note,
    h(
      'div.pick',
      null,
      h(
        'button.btn',
        {
          onclick: ({ currentTarget }) =>
            attempt(currentTarget, note, async () => {
              await api.call('DELETE', '/api/v1/auth/sessions');
              await load();
            }),
        },
        t('end_others'),
      ),
      h(
        'button.btn',
        {
          onclick: async () => {
            await api.logout();
            go('#/');
          },
        },
        t('logout'),
      ),
    ),
  );
}
function password() {
  const note = h('p.msg', { role: 'alert' });
  const done = h('p.ok', { role: 'status' });
  const button = submit(t('change'));
  const form = h(
    'form',
    null,
    h('input', { type: 'hidden', autocomplete: 'username', name: 'username', value: api.user.email }),
    field('password', t('password'), { type: 'password', autocomplete: 'current-password' }),
    field('new_password', t('new_password'), { type: 'password', minlength: 8, autocomplete: 'new-password' }),
    note,
    done,
    button,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    done.textContent = '';
    attempt(button, note, async () => {
      await api.call('POST', '/api/v1/auth/password', {
        body: { password: form.elements.password.value, new_password: form.elements.new_password.value },
      });
      form.reset();
      done.textContent = t('changed');
    });
  });
  return section(t('change'), form);
}
function take() {
  const note = h('p.msg', { role: 'alert' });
  const onclick = ({ currentTarget }) =>
    attempt(currentTarget, note, async () => {
      const archive = await (await api.call('GET', '/api/v1/users/me/export')).blob();
      const url = URL.createObjectURL(archive);
      h('a', { href: url, download: 'semblante.zip' }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60000);
    });
  return section(t('take'), h('p.quiet', null, t('take_more')), note, h('button.btn', { onclick }, t('take')));
}
function end() {
  const note = h('p.msg', { role: 'alert' });
  const word = t('word');
  const button = submit(t('erase'), true);
  const form = h(
    'form',
    null,
    field('word', t('write_word', { word }), { autocomplete: 'off', pattern: word }),
    field('own', t('password'), { type: 'password', autocomplete: 'current-password' }),
    note,
    button,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    attempt(button, note, async () => {
      await api.call('DELETE', '/api/v1/users/me', { body: { password: form.elements.own.value } });
      api.leave();
      toast(t('erased'));
      go('#/');
    });
  });
  return section(t('erase'), h('p.quiet', null, t('erase_more', { word })), form);
}
function keys() {
  const on = () => {
    try {
      return localStorage.getItem('keys') !== 'off';
    } catch {
      return true;
    }
  };
  const box = h('input', {
    type: 'checkbox',
    checked: on(),
    onchange: () => {
      try {
        localStorage.setItem('keys', box.checked ? 'on' : 'off');
      } catch {
        /* private mode */
      }
    },
  });
  return section(t('keys'), h('label.check', null, box, t('keys_on')), h('p.quiet', null, t('key_list')));
}
export function open(main) {
  const guest = api.isTrial();
  main.replaceChildren(
    h('div.head', null, h('h1', null, t('account')), h('p.quiet.fn', null, guest ? t('guest') : api.user.email)),
    h(
      'div.acc-g',
      null,
      guest
        ? [
            section(
              t('create'),
              h('p.quiet', null, t('guest_more')),
              h(
                'div.pick',
                null,
                h(
                  'button.btn.solid',
                  {
                    onclick: async () => {
                      await api.logout();
                      go('#/signup');
                    },
                  },
                  t('create'),
                ),
                h(
                  'button.btn',
                  {
                    onclick: async () => {
                      await api.logout();
                      go('#/');
                    },
                  },
                  t('logout'),
                ),
              ),
            ),
            keys(),
          ]
        : [sessions(), password(), keys(), api.installation.runtime !== 'aws' && take(), end()],
    ),
  );
}
