import {adapterText, describeAdapter} from '../../src/webgpu/adapter.ts';

describe('describeAdapter', () => {
  it('puts together what is told', () => {
    expect(describeAdapter({vendor: 'nvidia', architecture: 'hopper', description: ''})).toEqual({
      name: 'nvidia hopper',
      software: false,
    });
    expect(describeAdapter({})).toEqual({name: 'unnamed adapter', software: false});
  });

  it('knows software, said by the browser or by the name', () => {
    expect(describeAdapter({vendor: 'x', isFallbackAdapter: true}).software).toBe(true);
    expect(describeAdapter({vendor: 'google', architecture: 'swiftshader'}).software).toBe(true);
  });
});

describe('adapterText', () => {
  it('warns of software', () => {
    expect(adapterText({name: 'nvidia hopper', software: false})).toBe('nvidia hopper');
    expect(adapterText({name: 'google swiftshader', software: true})).toBe(
      'google swiftshader (software: its times say nothing about a GPU)',
    );
  });
});
