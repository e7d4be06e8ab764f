// The notes of a Standard MIDI File: [{start, end, pitch}] in seconds, and the tempo.
export function notesOf(buffer) {
  const data = new DataView(buffer);
  const text = (at) => String.fromCharCode(...new Uint8Array(buffer, at, 4));
  if (text(0) !== 'MThd') throw new RangeError('not a MIDI file');
  const division = data.getUint16(12);
  const notes = [];
  const tempos = [];
  let at = 8 + data.getUint32(4);
  while (at + 8 <= data.byteLength) {
    const end = at + 8 + data.getUint32(at + 4);
    if (text(at) === 'MTrk') track(data, at + 8, end, notes, tempos);
    at = end;
  }
  tempos.sort((a, b) => a.tick - b.tick);
  const seconds = (tick) => {
    let [from, us, sum] = [0, 500000, 0];
    for (const tempo of tempos) {
      if (tempo.tick >= tick) break;
      sum += ((tempo.tick - from) * us) / division / 1e6;
      [from, us] = [tempo.tick, tempo.us];
    }
    return sum + ((tick - from) * us) / division / 1e6;
  };
  return {
    notes: notes
      .map(({ on, off, pitch }) => ({ start: seconds(on), end: seconds(off), pitch }))
      .sort((a, b) => a.start - b.start),
    bpm: Math.round(60e6 / (tempos[0]?.us ?? 500000)),
  };
}
function track(data, at, end, notes, tempos) {
  const open = new Map();
  let [tick, status] = [0, 0];
  const variable = () => {
    let value = 0;
    let byte;
    do {
      byte = data.getUint8(at);
      at += 1;
      value = value * 128 + (byte & 127);
    } while (byte & 128);
    return value;
  };
  while (at < end) {
    tick += variable();
    if (data.getUint8(at) & 128) {
      status = data.getUint8(at);
      at += 1;
    }
    const kind = status >> 4;
    if (status === 0xff) {
      const type = data.getUint8(at);
      at += 1;
      const length = variable();
      if (type === 0x51) tempos.push({ tick, us: (data.getUint8(at) << 16) | data.getUint16(at + 1) });
      at += length;
    } else if (status === 0xf0 || status === 0xf7) {
      const length = variable();
      at += length;
    } else if (kind === 12 || kind === 13) at += 1;
    else {
      const [pitch, force] = [data.getUint8(at), data.getUint8(at + 1)];
      at += 2;
      const key = (status & 15) * 128 + pitch;
      if (kind === 9 && force && (status & 15) !== 9) open.set(key, tick);
      else if ((kind === 8 || kind === 9) && open.has(key)) {
        notes.push({ on: open.get(key), off: tick, pitch });
        open.delete(key);
      }
    }
  }
}
