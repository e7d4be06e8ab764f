// The picture that people share.
import { h } from './dom.js';

/** Photo and picture side by side with the title: made here, sent nowhere but where the reader says. */
export async function share(doc, title, colours) {
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
  const css = getComputedStyle(colours);
  pen.fillStyle = css.getPropertyValue('--wash');
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(photo, edge, edge, wide, height);
  pen.drawImage(picture, wide + edge * 2, edge, height, height);
  pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--ink');
  pen.font = `64px ${getComputedStyle(document.body).fontFamily}`;
  pen.fillText(title, edge, height + edge + 92);
  pen.font = `30px ${getComputedStyle(document.body).fontFamily}`;
  pen.textAlign = 'right';
  pen.fillText('Semblante', canvas.width - edge, height + edge + 88);
  const blob = await new Promise((resolve) => {
    canvas.toBlob(resolve, 'image/jpeg', 0.9);
  });
  const file = new File([blob], 'semblante.jpg', { type: 'image/jpeg' });
  if (navigator.canShare?.({ files: [file] })) return await navigator.share({ files: [file], title });
  const url = URL.createObjectURL(blob);
  h('a', { href: url, download: file.name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
