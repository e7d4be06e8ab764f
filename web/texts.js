// Every sentence of the page: key, Spanish, English. {name} is replaced.
const TABLE = {
  headline: ['Toda cara\nes un paisaje.', 'Every face\nis a landscape.'],
  lede: ['Pon una foto. Semblante lee lo que dicen las caras, pinta su paisaje y le compone una melodía.', 'Add a photo. Semblante reads what the faces say, paints their landscape and composes a melody for it.'],
  strip: ['Abajo, un mismo lugar en nueve ánimos.', 'Below, one place in nine moods.'],
  drop: ['Suelta una foto', 'Drop a photo'], choose: ['o elígela', 'or choose one'], camera: ['Usar la cámara', 'Use the camera'],
  let_go: ['Suelta: {n}', 'Let go: {n}'], photos_1: ['1 foto', '1 photo'], photos: ['{n} fotos', '{n} photos'],
  trial_b: ['Sin cuenta, para probar.', 'No account, to try it.'],
  trial: ['Lo que pongas se queda en esta máquina; bórralo cuando quieras.', 'What you put in stays on this machine; delete it whenever you like.'],
  no_trial: ['Entra o crea una cuenta para empezar.', 'Sign in or create an account to begin.'],
  formats: ['JPEG, PNG, HEIC, WebP, AVIF… hasta {mb} MB. También puedes pegar.', 'JPEG, PNG, HEIC, WebP, AVIF… up to {mb} MB. You can paste, too.'],
  enter: ['Entrar', 'Sign in'], create: ['Crear cuenta', 'Create account'], enter_title: ['Entra en tu galería', 'Open your gallery'], create_title: ['Abre tu galería', 'Begin your gallery'],
  email: ['Correo', 'E-mail'], password: ['Contraseña', 'Password'], name: ['Nombre (si quieres)', 'Name (optional)'], new_password: ['Contraseña nueva', 'New password'],
  have: ['Ya tengo cuenta', 'I have an account'], have_not: ['No tengo cuenta', 'I have no account'],
  main: ['Principal', 'Main'], skip: ['Ir al contenido', 'Skip to content'], gallery: ['Galería', 'Gallery'], calendar: ['Calendario', 'Calendar'], studio: ['Taller', 'Studio'], account: ['Cuenta', 'Account'],
  add: ['Añadir fotos', 'Add photos'], theme: ['Claro u oscuro', 'Light or dark'], lang: ['EN: switch to English', 'ES: cambiar a español'], lang_short: ['EN', 'ES'],
  studio_lede: ['Cada foto se convierte en paisaje por capas: el horizonte, las caras, el cielo, la tierra, la melodía.', 'Each photo becomes a landscape in layers: the horizon, the faces, the sky, the land, the melody.'],
  studio_empty: ['El taller está en calma. Añade una foto y verás cómo se hace.', 'The studio is quiet. Add a photo and watch it being made.'],
  waiting: ['Espera su turno', 'Waiting its turn'], hashing: ['Preparando', 'Preparing'], awaiting: ['Subiendo', 'Uploading'], paused: ['En pausa: sin conexión', 'Paused: offline'],
  sent: ['{p} % de {mb} MB', '{p} % of {mb} MB'], stored: ['Guardada', 'Stored'], stored_more: ['Espera su turno en el taller.', 'It waits its turn in the studio.'],
  run_0: ['Buscando caras', 'Looking for faces'], run_1: ['Leyendo la emoción', 'Reading the emotion'], run_2: ['Pintando y componiendo', 'Painting and composing'], run_4: ['Colgando la lámina', 'Hanging the print'],
  faces_0: ['Ninguna cara', 'No face'], faces_1: ['Una cara', 'One face'], faces: ['{n} caras', '{n} faces'],
  complete: ['Lista: parece {e}', 'Ready: looks like {e}'], partial: ['Casi completa', 'Almost complete'],
  partial_image: ['La melodía está; la imagen no pudo ser.', 'The melody is here; the picture did not work out.'], partial_melody: ['La imagen está; la melodía no pudo ser.', 'The picture is here; the melody did not work out.'], partial_both: ['Ni la imagen ni la melodía pudieron ser.', 'Neither picture nor melody worked out.'],
  no_face: ['No vimos ninguna cara', 'We saw no face'], no_face_more: ['Con más luz, o más cerca, suele funcionar. También puedes decir tú la emoción.', 'More light, or closer, usually helps. You can also name the emotion yourself.'],
  failed: ['Se quedó a medias', 'It got stuck'], failed_more: ['Tu foto está a salvo.', 'Your photo is safe.'], refused: ['No pudo entrar', 'It was not accepted'],
  expired: ['Se acabó el tiempo para subirla', 'Time to upload ran out'], duplicate: ['Ya la tenías', 'You had this one'],
  uncertain: ['dudosa', 'unsure'], uncertain_more: ['La lectura no es segura. ¿Tú qué dirías?', 'The reading is not certain. What would you say?'],
  too_large: ['Pesa {mb} MB; el límite es {max} MB.', 'It is {mb} MB; the limit is {max} MB.'], wrong_type: ['No es una foto que sepamos leer.', 'This is not a photo that we can read.'], empty_file: ['El archivo está vacío.', 'The file is empty.'],
  retry: ['Reintentar', 'Try again'], retry_all: ['Reintentar las {n} que fallaron', 'Retry the {n} that failed'], see: ['Ver y oír', 'See and hear'], ask_again: ['Pedir lo que falta', 'Ask for what is missing'], tell: ['Decir la emoción', 'Name the emotion'], dismiss: ['Quitar', 'Dismiss'],
  steps: ['Pasos', 'Steps'], 's_face-detection': ['Caras', 'Faces'], 's_emotion-analysis': ['Emoción', 'Emotion'], 's_image-generation': ['Imagen', 'Picture'], 's_melody-generation': ['Melodía', 'Melody'], 's_gallery-indexing': ['Galería', 'Gallery'],
  st_wait: ['pendiente', 'pending'], st_run: ['en curso', 'under way'], st_done: ['hecho', 'done'], st_bad: ['falló', 'failed'], st_none: ['nada', 'nothing'], st_unsure: ['dudoso', 'unsure'],
  sum: ['{n} en marcha, {m} te necesitan', '{n} under way, {m} need you'],
  all: ['Todas', 'All'], filters: ['Filtrar por emoción', 'Filter by emotion'], state: ['Estado', 'State'], state_all: ['todas', 'all'], state_complete: ['completas', 'complete'], state_partial: ['casi completas', 'almost complete'], state_no_face: ['sin caras', 'no face'], state_failed: ['a medias', 'stuck'],
  empty: ['Aún no ha salido el sol', 'The sun is not up yet'], empty_more: ['Suelta aquí tu primera foto y esta pared tendrá su primera lámina.', 'Drop your first photo here and this wall gets its first print.'],
  filtered: ['Nada con este filtro', 'Nothing with this filter'], show_all: ['Verlas todas', 'Show all'], broken: ['No pudimos traer tu galería', 'We could not fetch your gallery'],
  prints: ['Láminas', 'Prints'], play: ['Oír la melodía', 'Play the melody'], pause: ['Pausa', 'Pause'], today: ['hoy', 'today'], yesterday: ['ayer', 'yesterday'], photo_stays: ['La foto queda en tu galería.', 'The photo stays in your gallery.'],
  looks: ['Parece {e}', 'Looks like {e}'], you_said: ['Es {e}', 'It is {e}'], unread: ['Sin lectura', 'No reading'], at: ['{e} al {p} %', '{e} at {p} %'], said_you: ['Lo dices tú.', 'You said so.'],
  photo_alt: ['Tu foto', 'Your photo'], picture_alt: ['Paisaje pintado: {e}', 'Painted landscape: {e}'], face_n: ['Cara {n}: parece {e}', 'Face {n}: looks like {e}'], face: ['Cara', 'Face'],
  not_this: ['No es esto', 'Not this'], again: ['Otra versión', 'Another version'], share: ['Compartir', 'Share'], replay: ['Repetir desde…', 'Replay from…'], remove: ['Borrar', 'Delete'], removed: ['Lámina borrada.', 'Print deleted.'], undo: ['Deshacer (8 s)', 'Undo (8 s)'],
  making: ['Haciendo otra. Esta se queda hasta que esté lista.', 'Making another. This one stays until it is ready.'], next: ['Siguiente', 'Next'], previous: ['Anterior', 'Previous'], full: ['Pantalla completa', 'Full screen'], close: ['Cerrar', 'Close'],
  say_faces: ['Lo que dicen las caras', 'What the faces say'], where: ['Dónde caen', 'Where they fall'], how: ['Cómo se hizo', 'How it was made'], others: ['otras', 'others'],
  intense: ['intenso', 'intense'], serene: ['sereno', 'serene'], hard: ['difícil', 'unpleasant'], pleasant: ['agradable', 'pleasant'], map: ['Mapa de agrado e intensidad. {list}', 'Map of pleasantness and intensity. {list}'],
  map_face: ['Cara {n}: agrado {v}, intensidad {a}.', 'Face {n}: pleasantness {v}, intensity {a}.'],
  image: ['Imagen', 'Picture'], melody: ['Melodía', 'Melody'], score: ['Partitura', 'Score'], reading: ['Lectura', 'Reading'], time: ['Tiempo', 'Time'], seed: ['semilla', 'seed'], took: ['{s} segundos, intento {n}', '{s} seconds, attempt {n}'], original: ['Original', 'Original'],
  position: ['Momento de la melodía', 'Position in the melody'], notes: ['{n} notas, {b} pulsos por minuto', '{n} notes, {b} beats per minute'],
  what: ['¿Qué ves tú?', 'What do you see?'], what_more: ['Pintaremos y compondremos otra vez con lo que digas.', 'We paint and compose again with what you say.'], it_is: ['Es {e}', 'It is {e}'], cancel: ['Cancelar', 'Cancel'],
  from: ['Repetir desde', 'Replay from'], reroll: ['Que salga distinta (otra semilla)', 'Let it differ (another seed)'], go: ['Repetir', 'Replay'],
  cal_lede: ['Cada día, un horizonte. Es una lectura de tus fotos, no un diagnóstico.', 'Each day, a horizon. A reading of your photos, not a diagnosis.'], cal_none: ['Sin láminas este mes.', 'No prints this month.'], month_line: ['El mes como una línea, de difícil a agradable', 'The month as a line, from unpleasant to pleasant'], prints_1: ['Una lámina', 'One print'], prints_n: ['{n} láminas', '{n} prints'],
  guest: ['Estás probando sin cuenta.', 'You are trying it without an account.'], guest_more: ['Tus láminas se quedan en esta máquina, en una galería que comparte quien prueba aquí.', 'Your prints stay on this machine, in one gallery for all trials here.'],
  sessions: ['Sesiones', 'Sessions'], this_one: ['esta', 'this one'], began: ['desde el {d}', 'since {d}'], end: ['Cerrar', 'End'], end_others: ['Cerrar las demás', 'End all others'], logout: ['Salir', 'Sign out'],
  change: ['Cambiar la contraseña', 'Change password'], changed: ['Contraseña cambiada. Las demás sesiones terminaron.', 'Password changed. All other sessions ended.'],
  export: ['Llévate todo', 'Take everything with you'], export_more: ['Un ZIP con tus fotos, láminas, melodías y lecturas.', 'A ZIP with your photos, prints, melodies and readings.'], download: ['Descargar', 'Download'],
  erase: ['Borrar mi cuenta', 'Delete my account'], erase_more: ['Se borra todo: fotos, láminas, melodías y lecturas. No se puede deshacer. Escribe {word} y tu contraseña.', 'Everything goes: photos, prints, melodies and readings. It cannot be undone. Type {word} and your password.'], word: ['BORRAR', 'DELETE'], erased: ['Tu cuenta se está borrando.', 'Your account is being deleted.'], write_word: ['Escribe {word}', 'Type {word}'],
  keys: ['Teclas', 'Keys'], keys_on: ['Usar atajos de una tecla', 'Use single-key shortcuts'], key_list: ['U añadir · G galería · C calendario · T taller · / filtros · ? esta lista · Espacio oír · ← → otra lámina · 1–9 cara · F pantalla completa · E corregir · Supr borrar · Esc volver', 'U add · G gallery · C calendar · T studio · / filters · ? this list · Space play · ← → other print · 1–9 face · F full screen · E correct · Delete · Esc back'],
  offline: ['Sin conexión. Lo que subía continúa al volver.', 'Offline. Uploads go on when you are back.'], ended: ['Tu sesión terminó. Entra y sigues donde estabas.', 'Your session ended. Sign in to go on from here.'],
  unexpected: ['Algo no salió bien en esta página. Recárgala.', 'Something went wrong on this page. Reload it.'], server: ['Algo falló aquí ({code}). Prueba en un momento.', 'Something failed here ({code}). Try again in a moment.'], too_fast: ['Demasiado deprisa: prueba en {s} s.', 'Too fast: try again in {s} s.'], no_room: ['No queda sitio. Borra alguna lámina y reintenta.', 'No room left. Delete some prints and try again.'],
  error_invalid_credentials: ['El correo o la contraseña no coinciden.', 'E-mail or password do not match.'], error_email_taken: ['Ya hay una cuenta con ese correo.', 'There is an account with this e-mail.'], error_run_in_progress: ['Ya se está haciendo otra versión.', 'Another version is being made already.'], error_not_found: ['Esta lámina ya no está.', 'This print is gone.'], error_no_demo_user: ['Aquí hace falta una cuenta.', 'An account is needed here.'],
  e_HAPPY: ['alegría', 'joy'], e_SURPRISED: ['sorpresa', 'surprise'], e_CALM: ['calma', 'calm'], e_CONFUSED: ['confusión', 'confusion'], e_SAD: ['tristeza', 'sadness'], e_FEAR: ['miedo', 'fear'], e_ANGRY: ['enojo', 'anger'], e_DISGUSTED: ['desagrado', 'disgust'], e_UNKNOWN: ['sin definir', 'unclear'],
};
export const lang = () => document.documentElement.lang === 'en' ? 'en' : 'es';
export function t(key, vars = {}, otherwise = key) {
  const found = TABLE[key]?.[lang() === 'en' ? 1 : 0] ?? otherwise;
  return found.replace(/\{(\w+)\}/g, (whole, name) => vars[name] ?? whole);
}
/** t, by number: key_0, key_1 or key. */
export const count = (key, n, many = key) => t(TABLE[`${key}_${n}`] ? `${key}_${n}` : many, { n });
export const emotion = (name) => t(`e_${name ?? 'UNKNOWN'}`);
export const upper = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const locale = () => (lang() === 'en' ? 'en-GB' : 'es');
export const number = (value, digits = 1) => value.toLocaleString(locale(), { maximumFractionDigits: digits });
export const mb = (bytes) => number(bytes / 2 ** 20, bytes < 2 ** 20 * 10 ? 1 : 0);
export const percent = (value) => number(value * 100, 0);
export const clock = (at) => new Date(at).toLocaleTimeString(locale(), { hour: '2-digit', minute: '2-digit' });
export const date = (at, form) => new Date(at).toLocaleDateString(locale(), form);
export function day(at) {
  const then = new Date(at).toDateString();
  const back = (n) => { const d = new Date(); d.setDate(d.getDate() - n); return d.toDateString(); };
  if (then === back(0)) return `${t('today')} · ${clock(at)}`;
  if (then === back(1)) return `${t('yesterday')} · ${clock(at)}`;
  return date(at, { day: 'numeric', month: 'short', year: new Date(at).getFullYear() === new Date().getFullYear() ? undefined : 'numeric' });
}
