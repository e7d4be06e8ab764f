// A worker: the SHA-256 of each file that it is sent.
addEventListener('message', async ({ data: { key, file } }) => {
  try {
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
    postMessage({ key, sha256: Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('') });
  } catch (error) {
    postMessage({ key, error: String(error) });
  }
});
