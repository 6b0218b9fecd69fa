import '@tensorflow/tfjs-backend-cpu';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';
import {inputShapes, randomInputs} from '../../src/run/inputs.ts';

const image = {name: 'image', shape: [-1, 32, 32, 3], dtype: 'float32'};
const anySize = {name: 'image', shape: [-1, -1, -1, 3], dtype: 'float32'};

describe('inputShapes', () => {
  it('fills in the batch', () => {
    expect(inputShapes([image], {})).toEqual({image: [1, 32, 32, 3]});
    expect(inputShapes([image], {batch: 4})).toEqual({image: [4, 32, 32, 3]});
  });

  it('keeps a batch that the model fixes', () => {
    expect(inputShapes([{...image, shape: [2, 32, 32, 3]}], {batch: 4})).toEqual({image: [2, 32, 32, 3]});
  });

  it('takes the shape that is given, by either spelling of the name', () => {
    expect(inputShapes([anySize], {shapes: {image: [1, 48, 40, 3]}})).toEqual({image: [1, 48, 40, 3]});
    expect(inputShapes([anySize], {shapes: {'image:0': [1, 48, 40, 3]}})).toEqual({image: [1, 48, 40, 3]});
  });

  it.each([
    {
      why: 'an open size',
      inputs: [anySize],
      shapes: {},
      message: /needs a shape with every size known.*\[1, \?, \?, 3\].*--shape image=1,224,224,3$/,
    },
    {
      why: 'a wrong size',
      inputs: [image],
      shapes: {image: [1, 31, 32, 3]},
      message: /fits \[\?, 32, 32, 3\].*--shape image=1,32,32,3$/,
    },
    {why: 'a wrong rank', inputs: [image], shapes: {image: [32, 32, 3]}, message: /fits \[\?, 32, 32, 3\]/},
    {why: 'a wrong name', inputs: [image], shapes: {picture: [1, 32, 32, 3]}, message: /must name an input.*\(image\)/},
  ])('refuses $why', ({inputs, shapes, message}) => {
    expect(() => inputShapes(inputs, {shapes})).toThrow(message);
  });
});

describe('randomInputs', () => {
  it('gives signed floats that the seed decides', () => {
    const values = (seed: number): number[] => {
      const {image: tensor} = randomInputs([image], {seed});
      const data = Array.from(tensor!.dataSync());
      tensor!.dispose();
      return data;
    };
    const first = values(1);
    expect(Math.min(...first)).toBeLessThan(-0.9);
    expect(Math.max(...first)).toBeGreaterThan(0.9);
    expect(values(1)).toEqual(first);
    expect(values(2)).not.toEqual(first);
  });

  it('gives whole numbers and booleans in their own types', () => {
    const inputs = randomInputs([
      {name: 'ids', shape: [-1, 50], dtype: 'int32'},
      {name: 'mask', shape: [-1, 50], dtype: 'bool'},
    ]);
    expect([inputs['ids']!.dtype, inputs['mask']!.dtype]).toEqual(['int32', 'bool']);
    expect(new Set(inputs['ids']!.dataSync())).toEqual(new Set([0, 1]));
    tf.dispose(inputs);
  });
});
