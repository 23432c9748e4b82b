import type { Bilingual } from '../text.ts'
import { divisionName } from './division.ts'

/** Short names, as people say them, of regions that may run a node. */
const regionNames: Readonly<Record<string, Bilingual>> = {
  '500000': { zh: '重庆', en: 'Chongqing' },
  '510000': { zh: '四川', en: 'Sichuan' },
  '510100': { zh: '成都', en: 'Chengdu' },
  '510300': { zh: '自贡', en: 'Zigong' },
  '510400': { zh: '攀枝花', en: 'Panzhihua' },
  '510500': { zh: '泸州', en: 'Luzhou' },
  '510600': { zh: '德阳', en: 'Deyang' },
  '510700': { zh: '绵阳', en: 'Mianyang' },
  '510800': { zh: '广元', en: 'Guangyuan' },
  '510900': { zh: '遂宁', en: 'Suining' },
  '511000': { zh: '内江', en: 'Neijiang' },
  '511100': { zh: '乐山', en: 'Leshan' },
  '511300': { zh: '南充', en: 'Nanchong' },
  '511400': { zh: '眉山', en: 'Meishan' },
  '511500': { zh: '宜宾', en: 'Yibin' },
  '511600': { zh: '广安', en: "Guang'an" },
  '511700': { zh: '达州', en: 'Dazhou' },
  '511800': { zh: '雅安', en: "Ya'an" },
  '511900': { zh: '巴中', en: 'Bazhong' },
  '512000': { zh: '资阳', en: 'Ziyang' },
  '513200': { zh: '阿坝', en: 'Aba' },
  '513300': { zh: '甘孜', en: 'Ganzi' },
  '513400': { zh: '凉山', en: 'Liangshan' },
}

/** The short name of a region; of any other division its full Chinese name in both languages; of an unknown code, the code. */
export function regionName(code: string): Bilingual {
  const known = regionNames[code]
  if (known !== undefined) return known
  const name = divisionName(code) ?? code
  return { zh: name, en: name }
}
