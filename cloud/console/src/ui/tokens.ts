/** Colours by theme: CSS variables for our own marks, antd's theme and the chart take them from here. */
export const tokens = {
  light: {
    bg: '#eef1f4',
    panel: '#ffffff',
    panel2: '#f5f7f9',
    text: '#1b2127',
    muted: '#4b5763',
    line: '#7d8894',
    hairline: '#d5dbe1',
    focus: '#0b5fb5',
    link: '#0b5cad',
    primary: '#0b5cad',
    p1: '#b8121d',
    p1on: '#ffffff',
    p2: '#f08c00',
    p2on: '#1f1000',
    p3: '#ffd60a',
    p3on: '#1f1a00',
    p4: '#1668c4',
    p4on: '#ffffff',
    outline: '#1f1a00',
    bad: '#b8121d',
    stale: '#6d3bb0',
    normal: '#5a6773',
    series: '#0b5cad',
  },
  dark: {
    bg: '#12161b',
    panel: '#1a2027',
    panel2: '#222a33',
    text: '#e8ebee',
    muted: '#a9b4bf',
    line: '#6b7885',
    hairline: '#36414d',
    focus: '#7cc4ff',
    link: '#7cc4ff',
    primary: '#0b5cad',
    p1: '#ff5a5f',
    p1on: '#1a0000',
    p2: '#ff9f2e',
    p2on: '#1f1000',
    p3: '#ffe14d',
    p3on: '#1f1a00',
    p4: '#6cb8ff',
    p4on: '#001426',
    outline: 'transparent',
    bad: '#ff8a8e',
    stale: '#c79bff',
    normal: '#8fa3b3',
    series: '#6cb8ff',
  },
} as const

export type ThemeName = keyof typeof tokens
export type Tokens = Readonly<Record<keyof (typeof tokens)['light'], string>>

export const fontFamily =
  '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",system-ui,sans-serif'
