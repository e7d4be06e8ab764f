// Deleted prints hide at once; the request follows after the time to undo, or when the page is left.
import { call, request, sentence } from './api.js';
import { toast } from './dom.js';
import { t } from './texts.js';

const UNDO_MS = 8000;
/** Ids of prints that are hidden. */
export const hidden = Object.assign(new Set(), { events: new EventTarget() });
const waiting = new Map();
const changed = () => hidden.events.dispatchEvent(new Event('change'));
const back = (id) => {
  hidden.delete(id);
  changed();
};

export function remove(id) {
  hidden.add(id);
  changed();
  waiting.set(
    id,
    setTimeout(() => send(id), UNDO_MS),
  );
  toast(
    t('removed'),
    t('undo'),
    () => {
      clearTimeout(waiting.get(id));
      waiting.delete(id);
      back(id);
    },
    UNDO_MS,
  );
}
async function send(id) {
  waiting.delete(id);
  try {
    await call('DELETE', `/uploads/${id}`);
  } catch (error) {
    if (error.status === 404) return;
    back(id);
    toast(sentence(error, t));
  }
}
addEventListener('pagehide', () => {
  for (const [id, timer] of waiting) {
    clearTimeout(timer);
    request('DELETE', `/uploads/${id}`, { keepalive: true }).catch(() => {});
  }
  waiting.clear();
});
