/** Models of other formats, by the names of their files: what to convert them with. */

const CONVERTER = 'pip install tensorflowjs';

const FORMATS: readonly (readonly [names: RegExp, words: string])[] = [
  [
    /\.(h5|hdf5|keras)$/i,
    `This is a Keras model. Convert it: ${CONVERTER}, then tensorflowjs_converter --input_format=keras --output_format=tfjs_graph_model FILE FOLDER, and give the folder.`,
  ],
  [
    /\.pb$/i,
    `This is a TensorFlow SavedModel. Convert it: ${CONVERTER}, then tensorflowjs_converter --input_format=tf_saved_model SAVED_MODEL FOLDER, and give the folder.`,
  ],
  [
    /\.onnx$/i,
    `This is an ONNX model. Convert it: onnx2tf -i FILE -o SAVED_MODEL, then (${CONVERTER}) tensorflowjs_converter --input_format=tf_saved_model SAVED_MODEL FOLDER, and give the folder.`,
  ],
  [
    /\.tflite$/i,
    'This is a TensorFlow Lite model, which cannot be turned back. Convert the Keras or SavedModel that it was made of with tensorflowjs_converter, and give that folder.',
  ],
  [
    /\.(pt|pth|ckpt|safetensors)$/i,
    'These are PyTorch weights. Export the model with torch.onnx.export, convert that with onnx2tf and then tensorflowjs_converter, and give the folder.',
  ],
  [/\.(zip|tar|t?gz)$/i, 'This is a packed file. Unpack it, and give the folder with model.json and its .bin files.'],
];

/** Returns what to do with a file of another format; null for any other. */
export function foreignModel(path: string): string | null {
  return FORMATS.find(([names]) => names.test(path))?.[1] ?? null;
}
