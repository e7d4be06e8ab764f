// The reference: face-api on TensorFlow.js' WebAssembly backend, fed pixels.
// Usage: node face-api.cjs MODELS JOBS [REPEATS]
//   JOBS is a JSON array of {width, height, rgb} (a file of width × height × 3 bytes) or {jpeg} (a file).
// Prints one JSON array: {faces: [{box: [x, y, width, height] in pixels, confidence, landmarks: [[x, y]…],
// expressions: [7], descriptor: [128]}], detect_ms: [..], all_ms: [..]} per job; REPEATS (default 0) times each.
'use strict';
const fs = require('fs');
const Module = require('module');
const tf = require('@tensorflow/tfjs-core');

// face-api asks for the whole of @tensorflow/tfjs, but uses the core and a few methods that tensors have there.
const resolve = Module._resolveFilename;
Module._resolveFilename = function (name, ...rest) {
  return resolve.call(this, name === '@tensorflow/tfjs' ? '@tensorflow/tfjs-core' : name, ...rest);
};
for (const name of ['add', 'sub', 'mul', 'div', 'mean']) {
  tf.Tensor.prototype[name] = function (...args) { return tf[name](this, ...args); };
}
for (const rank of [1, 2, 3, 4]) {
  tf.Tensor.prototype[`as${rank}D`] = function (...shape) {
    return tf.reshape(this, rank === 1 ? [this.size] : shape);
  };
}
require('@tensorflow/tfjs-backend-wasm');
const faceapi = require('@vladmandic/face-api/dist/face-api.node-wasm.js');

const options = new faceapi.SsdMobilenetv1Options({ minConfidence: 0.5, maxResults: 100 });

function pixels(job) {
  if (!job.jpeg) return { ...job, rgb: new Uint8Array(fs.readFileSync(job.rgb)) };
  const { width, height, data } = require('@cwasm/jpeg-turbo').decode(fs.readFileSync(job.jpeg));
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) rgb.set(data.subarray(i * 4, i * 4 + 3), i * 3);
  return { width, height, rgb };
}

function plain({ detection, landmarks, expressions, descriptor }) {
  const { x, y, width, height } = detection.box;
  const names = ['neutral', 'happy', 'sad', 'angry', 'fearful', 'disgusted', 'surprised'];
  return {
    box: [x, y, width, height],
    confidence: detection.score,
    landmarks: landmarks.positions.map((point) => [point.x, point.y]),
    expressions: names.map((name) => expressions[name]),
    descriptor: Array.from(descriptor),
  };
}

async function timed(repeats, work) {
  const times = [];
  for (let i = 0; i < repeats; i++) {
    const start = process.hrtime.bigint();
    await work();
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
  }
  return times;
}

async function main() {
  const [models, jobs, repeats] = process.argv.slice(2);
  await tf.setBackend('wasm');
  await tf.ready();
  const { ssdMobilenetv1, faceLandmark68Net, faceExpressionNet, faceRecognitionNet } = faceapi.nets;
  for (const net of [ssdMobilenetv1, faceLandmark68Net, faceExpressionNet, faceRecognitionNet]) {
    await net.loadFromDisk(models);
  }
  const results = [];
  for (const job of JSON.parse(fs.readFileSync(jobs, 'utf8'))) {
    const { width, height, rgb } = pixels(job);
    const tensor = tf.tensor3d(rgb, [height, width, 3], 'int32');
    const read = () => faceapi.detectAllFaces(tensor, options).withFaceLandmarks().withFaceExpressions();
    const faces = (await read().withFaceDescriptors()).map(plain);
    const detect_ms = await timed(Number(repeats || 0), () => faceapi.detectAllFaces(tensor, options).run());
    const all_ms = await timed(Number(repeats || 0), () => read().run());
    results.push({ faces, detect_ms, all_ms });
    tensor.dispose();
  }
  process.stdout.write(JSON.stringify(results));
}

main().catch((error) => { console.error(error); process.exit(1); });
