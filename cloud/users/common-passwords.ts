/**
 * What is tried first. Compared without case, without what stands around it and with the usual replacements undone, so that a
 * short list covers `P@ssw0rd2026!`. NIST SP 800-63B-4 3.1.1.2 asks for such a list and names none.
 */
const words: ReadonlySet<string> = new Set([
  ...[
    'password',
    'passwort',
    'passcode',
    'passphrase',
    'secret',
    'changeme',
    'letmein',
    'welcome',
    'default',
  ],
  ...['admin', 'administrator', 'adminadmin', 'root', 'toor', 'user', 'guest', 'test', 'testtest', 'demo'],
  ...['system', 'manager', 'master', 'login', 'server', 'superuser', 'operator', 'service', 'public'],
  ...['qwerty', 'qwertyuiop', 'qwert', 'asdf', 'asdfgh', 'asdfghjkl', 'zxcv', 'zxcvbn', 'zxcvbnm', 'qazwsx'],
  ...[
    'qazwsxedc',
    'qweasd',
    'qweasdzxc',
    'abc',
    'abcd',
    'abcdef',
    'abcdefg',
    'abcabc',
    'aaa',
    'aaaa',
    'aaaaaa',
  ],
  ...['iloveyou', 'monkey', 'dragon', 'sunshine', 'princess', 'football', 'baseball', 'shadow', 'superman'],
  ...[
    'woaini',
    'woaiwojia',
    'woaizhongguo',
    'wodemima',
    'mima',
    'mimamima',
    'zhanghao',
    'denglu',
    'guanliyuan',
  ],
  ...['huanying', 'nihao', 'zhongguo', 'china', 'beijing', 'shanghai', 'guangzhou', 'shenzhen', 'chaoyang'],
  ...[
    'xuexiao',
    'xiaoyuan',
    'laoshi',
    'xuesheng',
    'jiaoshi',
    'baoan',
    'menwei',
    'jiaoyuju',
    'zhihuixiaoyuan',
  ],
  ...['school', 'campus', 'smartcampus', 'teacher', 'student', 'education', 'security', 'guard', 'camera'],
  ...['huawei', 'hikvision', 'dahua', 'tplink', 'admintelecom', 'telecomadmin', 'cisco', 'raspberry'],
])

const replaced: Readonly<Record<string, string>> = {
  ...{ '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', $: 's', '!': 'i' },
}

/** Pure. */
export function isCommon(password: string): boolean {
  const folded = password.normalize('NFKC').toLowerCase()
  const forms = [folded, undone(folded), core(folded), core(undone(folded)), core(undone(core(folded)))]
  return forms.some((form) => words.has(form) || isRun(form))
}

function undone(text: string): string {
  return text.replace(/[013457@$!]/g, (one) => replaced[one] ?? one)
}

/** Without digits and signs at both ends. */
function core(text: string): string {
  return text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
}

/** One character again and again, or a row of the keyboard or the alphabet, up or down. */
function isRun(text: string): boolean {
  if (text.length < 4) return false
  if (new Set(text).size <= 2) return true
  const rows = ['0123456789012345', 'abcdefghijklmnopqrstuvwxyz', '1qaz2wsx3edc4rfv5tgb', '!@#$%^&*()']
  return rows.some((row) => row.includes(text) || [...row].toReversed().join('').includes(text))
}
