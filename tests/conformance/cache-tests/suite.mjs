// Runs the caching suite: its origin and its client, both in this process, with the proxy under test between them.
//
//   node suite.mjs ENGINE TESTS.JSON PROXY_URL ORIGIN_PORT [TEST_ID]
//
// Prints the results as JSON ({id: true | [kind, message]}), everything else on standard error. ENGINE is the package
// http-cache-tests. The suite speaks to its origin beside the tests (PUT /config/, GET /state/): that goes there
// directly, only /test/ goes through the proxy, which serves GET and HEAD.
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const [engine, testsFile, proxyUrl, originPort, onlyId] = process.argv.slice(2)
const part = name => import(pathToFileURL(path.join(engine, name)))

const { default: handleConfig } = await part('server/handle-config.mjs')
const { default: handleState } = await part('server/handle-state.mjs')
const { default: handleTest } = await part('server/handle-test.mjs')
const { configs } = await part('server/utils.mjs')
const { runTests, getResults } = await part('client/runner.mjs')

console.log = console.error // The engine logs there; standard output is for the results.

const requestTimeoutMs = 10_000
const testsAtOnce = 25
const firstAnswerMs = 20_000

const suites = JSON.parse(fs.readFileSync(testsFile, 'utf8'))
  .map(suite => ({ ...suite, tests: suite.tests.filter(test => !onlyId || test.id === onlyId) }))
if (onlyId) suites.flatMap(suite => suite.tests).forEach(test => { test.dump = true })

function answer (request, response) {
  const [kind, ...segments] = new URL(request.url, 'http://origin').pathname.slice(1).split('/')
  if (kind === 'config') return handleConfig(segments, request, response)
  if (kind === 'state') return handleState(segments, request, response)
  if (kind === 'test' && segments[0]) {
    // The tests are newer than the engine, which knows no response_pause.
    const script = configs.get(segments[0])?.[request.headers['req-num'] - 1]
    return setTimeout(handleTest, (script?.response_pause ?? 0) * 1000, segments, request, response)
  }
  response.end() // A probe of the bucket.
}

// The requests of all tests, by test and number, as the engine will see them.
const scripts = new Map(suites.flatMap(suite => suite.tests).map(test => [test.id, test.requests]))

// The dummies keep fetch() from adding directives of its own; the engine leaves them out where a test has headers.
const dummies = [['Pragma', 'foo'], ['Cache-Control', 'nothing-to-see-here']]

async function fetchForSuite (url, init) {
  const { pathname, search } = new URL(url)
  if (!pathname.startsWith('/test/')) return fetch(`http://127.0.0.1:${originPort}${pathname}${search}`, init)

  const has = wanted => init.headers.some(([name, value]) => name === wanted[0] && value === wanted[1])
  const headers = dummies.filter(dummy => !has(dummy)).concat(init.headers)
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), requestTimeoutMs)
  try {
    const response = await fetch(proxyUrl + pathname + search, { ...init, headers, signal: controller.signal })
    const sent = Object.fromEntries(init.headers)
    const script = scripts.get(sent['Test-ID'])[sent['Req-Num'] - 1]
    // Any status will do; the engine would take null for one.
    if (script.expected_status === null) script.expected_status = response.status
    return response
  } finally {
    clearTimeout(timer)
  }
}

async function waitForProxy () {
  const deadline = Date.now() + firstAnswerMs
  for (;;) {
    try {
      await fetch(proxyUrl + '/')
      return
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`nothing answers at ${proxyUrl}: ${error.cause ?? error}`)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
}

const origin = http.createServer(answer)
origin.keepAliveTimeout = 120_000 // Longer than the run: a connection closed under a request would count as a retry.
await new Promise((resolve, reject) => origin.once('error', reject).listen(originPort, '127.0.0.1', resolve))
await waitForProxy()
await runTests(suites, fetchForSuite, false, 'http://suite.invalid', testsAtOnce)
fs.writeSync(1, JSON.stringify(getResults(), null, 1) + '\n')
process.exit(0)
