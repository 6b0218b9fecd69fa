import {createProgress} from '../../src/cli/progress.ts';

const mockStarted = jest.fn();
jest.mock('ora', () => ({
  __esModule: true,
  default: () => ({start: () => (mockStarted(), {stop: () => undefined, render: () => undefined, text: ''})}),
}));

const stderr = process.stderr as {isTTY: boolean; columns: number | undefined};
const before = {isTTY: stderr.isTTY, columns: stderr.columns};

afterEach(() => {
  Object.assign(stderr, before);
  jest.restoreAllMocks();
  mockStarted.mockClear();
});

it.each([
  ['a terminal', {isTTY: true, columns: 80}, 1, 0],
  ['a terminal of no width', {isTTY: true, columns: 0}, 0, 1],
  ['a pipe', {isTTY: false, columns: undefined}, 0, 1],
])('on %s', (_, terminal, spinners, lines) => {
  Object.assign(stderr, terminal);
  const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  createProgress('reading model', {quiet: false}).done();
  expect(mockStarted).toHaveBeenCalledTimes(spinners);
  expect(write.mock.calls.filter(([text]) => text === 'reading model\n')).toHaveLength(lines);
});

it('says nothing beside JSON', () => {
  Object.assign(stderr, {isTTY: true, columns: 80});
  const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  createProgress('reading model', {quiet: true}).done();
  expect(mockStarted).not.toHaveBeenCalled();
  expect(write).not.toHaveBeenCalled();
});
