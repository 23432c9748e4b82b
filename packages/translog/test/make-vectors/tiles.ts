import { changedTiles, formatEntryBundle, type Tile, tilePath } from '../../src/index.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Content of vectors/tiles.json: paths, which tiles a growing tree changes, and entry bundles. */
export function buildTiles() {
  const tiles: Tile[] = [
    { level: 0, index: 0, width: 256 },
    { level: 0, index: 0, width: 1 },
    { level: 0, index: 273, width: 112 },
    { level: 1, index: 1, width: 17 },
    { level: 0, index: 999, width: 256 },
    { level: 0, index: 1000, width: 255 },
    { level: 0, index: 1_234_067, width: 256 },
    { level: 3, index: 1_234_067, width: 9 },
    { level: 0, index: 2 ** 45, width: 256 },
    { level: 63, index: 0, width: 256 },
  ]
  const growths = [
    [0, 1],
    [0, 70_000],
    [1, 2],
    [255, 256],
    [256, 257],
    [250, 600],
    [65_535, 65_536],
    [70_000, 70_000],
  ] as const
  const entries = ['', '{"v":1}', 'x'].map((text) => Buffer.from(text))
  return {
    paths: [
      ...tiles.map((tile) => ({ ...tile, path: tilePath(tile) })),
      { level: 'entries' as const, index: 7, width: 256, path: tilePath({ level: 'entries', index: 7, width: 256 }) },
      { level: 'entries' as const, index: 67_001, width: 3, path: tilePath({ level: 'entries', index: 67_001, width: 3 }) },
    ],
    invalidPaths,
    changed: growths.map(([from, to]) => ({ from, to, paths: summary([...changedTiles(from, to)].map(tilePath)) })),
    bundle: { entriesHex: entries.map(hex), bundleHex: hex(formatEntryBundle(entries)) },
    invalidBundles,
  }
}

/** Long lists by their ends. */
function summary(paths: readonly string[]): { count: number; first: readonly string[]; last: readonly string[] } {
  return { count: paths.length, first: paths.slice(0, 3), last: paths.slice(-3) }
}

const invalidPaths = [
  ...['', 'tile', 'tile/', 'tile/0', 'tile/0/', '/tile/0/000', 'tile/0/000/', 'tile//000', 'tile/0/000.p', 'tile/0/000.p/'],
  ...[
    'tile/0/0',
    'tile/0/00',
    'tile/0/0000',
    'tile/0/x000',
    'tile/0/x000/001',
    'tile/0/x000/x001/002',
    'tile/0/001/002',
    'tile/0/x001/x002',
  ],
  ...['tile/0/X001/002', 'tile/0/x1/002', 'tile/0/x001/002/x003', 'tile/-1/000', 'tile/+1/000', 'tile/0x1/000', 'tile/100/000'],
  ...[
    'tile/0/000.p/x01',
    'tile/0/000.p/-1',
    'tile/0/000.p/1/',
    'tile/0/000.P/1',
    'tile/0/000.p/1.p/1',
    'tile/entry/000',
    'tile/Entries/000',
  ],
  ...[
    'tile/0/../000',
    'tile/0/000\n',
    'tile/0/000\r',
    ' tile/0/000',
    'tile/0/000?x',
    'tile/0/%30%30%30',
    'tile/٠/000',
    'tile/0/x001/x002/x003/x004/x005/x006/007',
  ],
]
  .map((path) => ({ path, code: 'form' }))
  .concat(
    ['tile/64/000', 'tile/99/000', 'tile/00/000', 'tile/01/000'].map((path) => ({ path, code: 'level' })),
    [{ path: 'tile/0/x009/x007/x199/x254/x740/992', code: 'index' }],
    ['tile/0/000.p/0', 'tile/0/000.p/00', 'tile/0/000.p/01', 'tile/0/000.p/256', 'tile/0/000.p/999', 'tile/entries/000.p/256'].map(
      (path) => ({
        path,
        code: 'width',
      }),
    ),
  )

const invalidBundles = [
  { why: 'empty', width: 1, hex: '', code: 'cut' },
  { why: 'half a length', width: 1, hex: '00', code: 'cut' },
  { why: 'ends within an entry', width: 1, hex: '000261', code: 'cut' },
  { why: 'longer than there are bytes', width: 1, hex: 'ffff6162', code: 'cut' },
  { why: 'fewer entries than asked for', width: 2, hex: '000161', code: 'cut' },
  { why: 'more entries than asked for', width: 1, hex: '00016100016200', code: 'rest' },
  { why: 'a byte after the last', width: 1, hex: '00016100', code: 'rest' },
  { why: 'width 0', width: 0, hex: '', code: 'width' },
  { why: 'width 257', width: 257, hex: '0000'.repeat(257), code: 'width' },
]
