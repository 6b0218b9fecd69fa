/** Where the files of the zoo's trained networks lie, beside the page; each has one shard. Addresses are of the built page's. */
import convFirstWeights from '../../../models/zoo/convfirst-digits/group1-shard1of1.bin?url';
import convFirstModel from '../../../models/zoo/convfirst-digits/model.json?url';
import convNextWeights from '../../../models/zoo/convnext-digits/group1-shard1of1.bin?url';
import convNextModel from '../../../models/zoo/convnext-digits/model.json?url';

export interface ZooFiles {
  readonly model: string;
  readonly weights: string;
}

const absolute = (path: string): string => new URL(path, import.meta.url).href;

export const ZOO_FILES: Readonly<Record<'convfirst' | 'convnext', ZooFiles>> = {
  convfirst: {model: absolute(convFirstModel), weights: absolute(convFirstWeights)},
  convnext: {model: absolute(convNextModel), weights: absolute(convNextWeights)},
};
