/** The models that come with the compare page: that their words are true of them. */
import {convFirstSize, CONVFIRST} from '../../models/convFirst.ts';
import {blazeFaceSize} from '../../models/blazeFace.ts';
import {CONVNEXT_TINY, convNextSize} from '../../models/convNext.ts';
import {CONVNEXT_V2_ATTO, convNextV2Size} from '../../models/convNextV2.ts';
import {efficientNetSize} from '../../models/efficientNet.ts';
import type {NetworkSize} from '../../models/graphBuilder.ts';
import {mobileNetV2Size} from '../../models/mbConv.ts';
import {mobileNetV3Size} from '../../models/mobileNetV3.ts';
import {SHIPPED, SHIPPED_IDS, type ShippedId} from '../../web/src/models/shipped.ts';
import {SMALL_NETWORKS} from '../../web/src/models/smallNetworks.ts';

const {convNext, mobileNetV2, efficientNet} = SMALL_NETWORKS;
const SIZES: Readonly<Partial<Record<ShippedId, NetworkSize>>> = {
  'convnext-small': convNextSize(convNext),
  'mobilenet-v2-small': mobileNetV2Size(mobileNetV2),
  'efficientnet-small': efficientNetSize(efficientNet),
  'convnext-tiny': convNextSize({...CONVNEXT_TINY, spelling: 'keras-depthwise'}),
  'convnext-v2-atto': convNextV2Size(CONVNEXT_V2_ATTO),
  convfirst: convFirstSize(CONVFIRST),
  'mobilenet-v2': mobileNetV2Size(),
  'mobilenet-v3-large': mobileNetV3Size({variant: 'large'}),
  'efficientnet-b0': efficientNetSize(),
  blazeface: blazeFaceSize(),
};

describe('SHIPPED', () => {
  it('lists each model once', () => {
    expect(SHIPPED.map(({id}) => id)).toEqual(SHIPPED_IDS);
  });

  it.each(SHIPPED.filter(({trained}) => !trained).map(({id, size}) => [id, size] as const))(
    'says how large %s is',
    (id, words) => {
      const {params, macs} = SIZES[id]!;
      const work = macs < 1e8 ? `${Math.round(macs / 1e6)}\\sMMAC` : `${(macs / 1e9).toFixed(2)}\\sGMAC`;
      expect(words).toMatch(new RegExp(`^\\d+\\spx, ${(params / 1e6).toFixed(1)}\\sM parameters, ${work}$`));
    },
  );
});
