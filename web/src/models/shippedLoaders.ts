/** What makes the shipped models: networks with seeded weights, built here, and the zoo's trained ones, fetched from beside the page. */
import type {io} from '@tensorflow/tfjs-core';
import {parseModelJson, readShards} from '../../../src/load/modelJson.ts';
import {PlainError} from '../run/failure.ts';
import type {ShippedId} from './shipped.ts';
import {SMALL_NETWORKS} from './smallNetworks.ts';
import {ZOO_FILES, type ZooFiles} from './zooFiles.ts';

/** Of ConvNeXt: as stock tfjs runs it best. */
const SPELLING = 'keras-depthwise';

/** Returns the artifacts of a shipped model. Throws: PlainError where its files cannot be fetched. */
export const SHIPPED_LOADERS: Readonly<Record<ShippedId, () => Promise<io.ModelArtifacts>>> = {
  'convnext-digits': () => zooModel(ZOO_FILES.convnext),
  'convfirst-digits': () => zooModel(ZOO_FILES.convfirst),
  'convnext-small': async () => {
    const {convNextArtifacts} = await import('../../../models/convNext.ts');
    return convNextArtifacts(SMALL_NETWORKS.convNext);
  },
  'mobilenet-v2-small': async () => {
    const {mobileNetV2Artifacts} = await import('../../../models/mbConv.ts');
    return mobileNetV2Artifacts(SMALL_NETWORKS.mobileNetV2);
  },
  'efficientnet-small': async () => {
    const {efficientNetArtifacts} = await import('../../../models/efficientNet.ts');
    return efficientNetArtifacts(SMALL_NETWORKS.efficientNet);
  },
  'convnext-tiny': async () => {
    const {CONVNEXT_TINY, convNextArtifacts} = await import('../../../models/convNext.ts');
    return convNextArtifacts({...CONVNEXT_TINY, spelling: SPELLING});
  },
  'convnext-v2-atto': async () => {
    const {CONVNEXT_V2_ATTO, convNextV2Artifacts} = await import('../../../models/convNextV2.ts');
    return convNextV2Artifacts(CONVNEXT_V2_ATTO);
  },
  convfirst: async () => {
    const {CONVFIRST, convFirstArtifacts} = await import('../../../models/convFirst.ts');
    return convFirstArtifacts(CONVFIRST);
  },
  'mobilenet-v2': async () => (await import('../../../models/mbConv.ts')).mobileNetV2Artifacts(),
  'mobilenet-v3-large': async () =>
    (await import('../../../models/mobileNetV3.ts')).mobileNetV3Artifacts({variant: 'large'}),
  'efficientnet-b0': async () => (await import('../../../models/efficientNet.ts')).efficientNetArtifacts(),
  blazeface: async () => (await import('../../../models/blazeFace.ts')).blazeFaceArtifacts(),
};

async function zooModel({model: jsonUrl, weights}: ZooFiles): Promise<io.ModelArtifacts> {
  const model = parseModelJson(await (await fetched(jsonUrl)).text(), 'model.json');
  return readShards(model, {where: 'model.json', read: async () => (await fetched(weights)).arrayBuffer()});
}

async function fetched(url: string): Promise<Response> {
  const response = await fetch(url).catch((error: unknown) => error);
  if (response instanceof Response && response.ok) return response;
  throw new PlainError(
    'model',
    'The model that comes with this page could not be fetched. Look at the network, and reload the page.',
    response instanceof Response ? `${response.status} ${response.statusText}` : response,
  );
}
