import { theme as antdTheme, ConfigProvider, type ThemeConfig } from 'antd'
import enUS from 'antd/locale/en_US'
import zhCN from 'antd/locale/zh_CN'
import { createContext, type ReactNode, useContext, useLayoutEffect, useMemo, useState } from 'react'
import { useLanguage } from '../i18n/use-language.ts'
import { fontFamily, type ThemeName, tokens } from './tokens.ts'

const storageKey = 'console.theme'

type ThemeChoice = { readonly name: ThemeName; readonly choose: (name: ThemeName) => void }
const ThemeContext = createContext<ThemeChoice>({ name: 'light', choose: () => undefined })

export function useTheme(): ThemeChoice {
  return useContext(ThemeContext)
}

function storedTheme(): ThemeName {
  return localStorage.getItem(storageKey) === 'dark' ? 'dark' : 'light'
}

function antdConfig(name: ThemeName): ThemeConfig {
  const t = tokens[name]
  return {
    algorithm: name === 'dark' ? antdTheme.darkAlgorithm : antdTheme.defaultAlgorithm,
    token: {
      fontFamily,
      fontSize: 14,
      lineHeight: 1.45,
      borderRadius: 4,
      colorPrimary: t.primary,
      colorLink: t.link,
      colorBgLayout: t.bg,
      colorBgContainer: t.panel,
      colorBgElevated: name === 'dark' ? t.panel2 : t.panel,
      colorText: t.text,
      colorTextSecondary: t.muted,
      colorTextTertiary: t.muted,
      colorTextDescription: t.muted,
      colorTextPlaceholder: t.muted,
      colorBorder: t.line,
      colorBorderSecondary: t.hairline,
      colorError: t.bad,
      motionDurationMid: '0.1s',
      motionDurationSlow: '0.15s',
      boxShadow: name === 'dark' ? 'none' : '0 2px 8px rgb(0 0 0 / 12%)',
      boxShadowSecondary: name === 'dark' ? `0 0 0 1px ${t.line}` : '0 4px 16px rgb(0 0 0 / 16%)',
    },
  }
}

/** The cloud writes a fresh nonce into the page it serves; antd's styles carry it to satisfy the security policy. */
function pageNonce(): string | undefined {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce
}

export function ThemeProvider({ children }: { readonly children: ReactNode }) {
  const [name, setName] = useState(storedTheme)
  const language = useLanguage()
  const config = useMemo(() => antdConfig(name), [name])
  const nonce = useMemo(pageNonce, [])
  const choice = useMemo(() => ({ name, choose: keep }), [name])

  function keep(chosen: ThemeName): void {
    localStorage.setItem(storageKey, chosen)
    setName(chosen)
  }

  useLayoutEffect(() => {
    const root = document.documentElement
    root.dataset.theme = name
    root.style.colorScheme = name
    for (const [token, colour] of Object.entries(tokens[name])) root.style.setProperty(`--${token}`, colour)
  }, [name])

  return (
    <ConfigProvider
      theme={config}
      locale={language === 'en' ? enUS : zhCN}
      button={{ autoInsertSpace: false }}
      {...(nonce === undefined ? {} : { csp: { nonce } })}
    >
      <ThemeContext value={choice}>{children}</ThemeContext>
    </ConfigProvider>
  )
}
