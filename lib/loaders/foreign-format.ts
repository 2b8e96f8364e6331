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
  const start = Buffer.from(bytes.subarray(0, BEGINNING)).toString('latin1');
  return formats.find(({ looksLike }) => looksLike.test(start));
}

const formats: readonly (ForeignFormat & { looksLike: RegExp })[] = [
  {
    looksLike: /^PK\x03\x04.*?(data\.pkl|\.data\/serialization_id|constants\.pkl)/s,
    is: "a file of PyTorch's weights",
    advice: TO_ONNX.pytorch,
  },
  {
    looksLike: /^PK\x03\x04.*?(model\.weights\.h5|metadata\.json)/s,
    is: 'a Keras model',
    advice: TO_ONNX.keras,
  },
  { looksLike: /^PK[\x03\x05]/, is: 'a zip archive', advice: 'Unpack it and name the model in it.' },
  { looksLike: /^\x1f\x8b/, is: 'compressed by gzip', advice: 'Unpack it first.' },
  { looksLike: /^\x89HDF\r\n/, is: 'an HDF5 file, as Keras writes models', advice: TO_ONNX.keras },
  { looksLike: /^.{4}TFL3/s, is: 'a TensorFlow Lite model', advice: 'Convert it with tf2onnx (--tflite).' },
  {
    looksLike: /^.{6}\0\0\{"/s,
    is: 'a safetensors file: weights without a network',
    advice: 'Export the network that they belong to, as torch.onnx.export or optimum-cli export onnx does.',
  },
  { looksLike: /^\x80[\x02-\x05]/, is: 'a pickle, as older PyTorch writes weights', advice: TO_ONNX.pytorch },
  {
    looksLike: /^(\x89PNG|\xff\xd8\xff|GIF8|RIFF)/,
    is: 'a picture',
    advice: 'Name the model with --model, the picture before it.',
  },
  {
    looksLike: /^version https:\/\/git-lfs/,
    is: "Git LFS's pointer to a file that is not here",
    advice: 'Fetch the file itself with git lfs pull.',
  },
  {
    looksLike: /^\s*<(!doctype|html)/i,
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
