/** A file that is no model of ours: what it is, and what makes one of it. */
export interface ForeignFormat {
  is: string;
  advice: string;
}

const TO_ONNX = {
  pytorch: 'Export the network with torch.onnx.export.',
  keras: 'Convert it with tf2onnx, or with tensorflowjs_converter --output_format=tfjs_layers_model.',
};

/** How much of a file tells what it is. */
const BEGINNING = 4096;

/** What a file is by its first bytes; undefined where nothing is recognised. */
export function foreignFormat(bytes: Uint8Array): ForeignFormat | undefined {
  const start = Buffer.from(bytes.subarray(0, BEGINNING));
  const hex = start.toString('hex', 0, 8);
  const text = start.toString('latin1');
  return formats.find(
    ({ hex: magic, text: words }) => (magic?.test(hex) ?? true) && (words?.test(text) ?? true),
  );
}

/** `hex` is looked for in the first eight bytes as hexadecimal digits, `text` in the beginning of the file. */
const formats: readonly (ForeignFormat & { hex?: RegExp; text?: RegExp })[] = [
  {
    hex: /^504b0304/,
    text: /data\.pkl|\.data\/serialization_id|constants\.pkl/,
    is: "a file of PyTorch's weights",
    advice: TO_ONNX.pytorch,
  },
  { hex: /^504b0304/, text: /model\.weights\.h5|metadata\.json/, is: 'a Keras model', advice: TO_ONNX.keras },
  { hex: /^504b0[35]/, is: 'a zip archive', advice: 'Unpack it and name the model in it.' },
  { hex: /^1f8b/, is: 'compressed by gzip', advice: 'Unpack it first.' },
  { hex: /^894844460d0a/, is: 'an HDF5 file, as Keras writes models', advice: TO_ONNX.keras },
  // "TFL3" behind four bytes
  { hex: /^.{8}54464c33/, is: 'a TensorFlow Lite model', advice: 'Convert it with tf2onnx (--tflite).' },
  {
    // A length of eight bytes, and JSON.
    hex: /0000$/,
    text: /^.{8}\{"/s,
    is: 'a safetensors file: weights without a network',
    advice: 'Export the network that they belong to, as torch.onnx.export or optimum-cli export onnx does.',
  },
  { hex: /^800[2-5]/, is: 'a pickle, as older PyTorch writes weights', advice: TO_ONNX.pytorch },
  {
    hex: /^(89504e47|ffd8ff|47494638|52494646)/,
    is: 'a picture',
    advice: 'Name the model with --model, the picture before it.',
  },
  {
    text: /^version https:\/\/git-lfs/,
    is: "Git LFS's pointer to a file that is not here",
    advice: 'Fetch the file itself with git lfs pull.',
  },
  {
    text: /^\s*<(!doctype|html)/i,
    is: 'a web page',
    advice: 'Download the file itself; its address led to a page about it.',
  },
];

/** Models of others in a folder, by the name of a file. */
const foldersOf: readonly (ForeignFormat & { file: RegExp })[] = [
  { file: /^saved_model\.pb$/, is: 'a TensorFlow SavedModel', advice: TO_ONNX.keras },
  {
    file: /^(pytorch_model.*\.bin|.*\.safetensors)$/,
    is: 'a Hugging Face model of weights',
    advice: 'Export it with optimum-cli export onnx.',
  },
  { file: /\.(pt|pth|ckpt)$/, is: 'a folder of PyTorch files', advice: TO_ONNX.pytorch },
  { file: /\.(h5|keras)$/, is: 'a folder with a Keras model', advice: TO_ONNX.keras },
  {
    file: /\.tflite$/,
    is: 'a folder with a TensorFlow Lite model',
    advice: 'Convert it with tf2onnx (--tflite).',
  },
];

/** What a folder without a model of ours holds, by its files' names. */
export function foreignFolder(names: readonly string[]): ForeignFormat | undefined {
  return foldersOf.find(({ file }) => names.some((name) => file.test(name)));
}
