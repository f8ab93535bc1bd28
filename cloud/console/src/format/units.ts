/** UCUM as it travels → as people write it. What is not listed is shown as it is. */
const written: Readonly<Record<string, string>> = {
  '1': '',
  Cel: '℃',
  K: 'K',
  lx: 'lx',
  '%': '%',
  '%{RH}': '%RH',
  deg: '°',
  'kW.h': 'kWh',
  'MW.h': 'MWh',
  'W.h': 'Wh',
  'V.A': 'VA',
  'V.A{reactive}': 'var',
  'kV.A{reactive}': 'kvar',
  'V.A.h{reactive}': 'varh',
  'kV.A.h{reactive}': 'kvarh',
  'kV.A': 'kVA',
  'V.A.h': 'VAh',
  'kV.A.h': 'kVAh',
  'kvar.h': 'kvarh',
  'var.h': 'varh',
  m3: 'm³',
  'm3/h': 'm³/h',
  m2: 'm²',
  'mg/m3': 'mg/m³',
  'ug/m3': 'µg/m³',
  '[ppm]': 'ppm',
  '[ppb]': 'ppb',
  'dB[SPL]': 'dB',
  'dB(A)': 'dB(A)',
  'B[SPL]': 'B',
  'm/s': 'm/s',
  min: 'min',
  'W/m2': 'W/m²',
  'A.h': 'Ah',
}

/** The empty text for what has no unit; what is counted, `{person}`, the name of the point says in the reader's language. */
export function unitText(unit: string): string {
  return written[unit] ?? unit.replace(/^\{.*\}$/, '')
}
