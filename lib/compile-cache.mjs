/**
 * Preloaded (`node --import`) into programs that run for long: Node keeps their code with the types already taken out, and so
 * need not hold the type stripper, 17 MB in every thread. Plain JavaScript, because this file itself must not need it. The
 * variable hands the cache on to worker threads and children.
 */
import { enableCompileCache } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'node-compile-cache')
enableCompileCache(process.env.NODE_COMPILE_CACHE)
