/**
 * The Lua side of scripting: the `redis` and `cjson` tables, and Redis' conversions both ways
 * (redis.io/docs/latest/develop/programmability/lua-api). Everything crosses to JavaScript as one ASCII string of lines,
 * a kind character and a percent-escaped payload: wasmoon alone cuts strings at NUL and rewrites bytes that are not UTF-8.
 *
 * Lua is 5.4 where Redis has 5.1. `tostring`, `unpack`, `table.getn`, `math.pow` behave as in 5.1; a float in a
 * concatenation does not: `6/2 .. ''` is `3.0`; an error in a tail call has no line number. cjson writes object keys sorted. `bit`, `struct`, `cmsgpack` are absent.
 */
export const PRELUDE = String.raw`
local host_call, host_sha1, host_json = host_call, host_sha1, host_json
local null = io.stdout -- stands for NULL: the one userdata at hand, so that type(cjson.null) is 'userdata' as in Redis

local function esc(text)
  return (text:gsub('[^ -$&-~]', function(c) return ('%%%02x'):format(c:byte()) end))
end
local function unesc(text)
  return (text:gsub('%%(%x%x)', function(hex) return string.char(tonumber(hex, 16)) end))
end

-- Redis' Lua has doubles only: an integer that a double cannot hold loses its last digits there too.
local function double(n)
  if math.type(n) == 'integer' and (n > 2^53 or n < -2^53) then return n + 0.0 end
  return n
end

local function decode(text)
  local following = text:gmatch('[^\n]+')
  local function value()
    local token = following()
    local kind, rest = token:sub(1, 1), token:sub(2)
    if kind == '$' then return unesc(rest) end
    if kind == ':' then return double(tonumber(rest)) end
    if kind == '_' or kind == 'f' then return false end
    if kind == 't' then return true end
    if kind == '~' then return null end
    if kind == '+' then return { ok = unesc(rest) } end
    if kind == '-' then return { err = unesc(rest) } end
    local items = {}
    for i = 1, tonumber(rest) do
      if kind == '{' then
        local key = value()
        items[key] = value()
      else
        items[i] = value()
      end
    end
    return items
  end
  return value()
end

local function encode(v, out)
  local kind = type(v)
  if kind == 'string' then out[#out + 1] = '$' .. esc(v)
  elseif kind == 'number' then
    local whole = v >= 0 and math.floor(v) or math.ceil(v)
    out[#out + 1] = (':%d'):format(math.tointeger(whole) or math.mininteger)
  elseif kind == 'boolean' then out[#out + 1] = v and ':1' or '_'
  elseif kind ~= 'table' then out[#out + 1] = '_'
  elseif type(rawget(v, 'err')) == 'string' then out[#out + 1] = '-' .. esc(rawget(v, 'err'))
  elseif type(rawget(v, 'ok')) == 'string' then out[#out + 1] = '+' .. esc(rawget(v, 'ok'))
  else
    local at = #out + 1
    local count = 0
    out[at] = ''
    while rawget(v, count + 1) ~= nil do
      count = count + 1
      encode(rawget(v, count), out)
    end
    out[at] = '*' .. count
  end
  return out
end

local function command(...)
  local count = select('#', ...)
  if count == 0 then return { err = 'ERR Please specify at least one argument for this redis lib call' } end
  local parts = { '*' .. count }
  for i = 1, count do
    local part = select(i, ...)
    if type(part) == 'number' then part = ('%.17g'):format(part) end
    if type(part) ~= 'string' then
      return { err = 'ERR Lua redis lib command arguments must be strings or integers' }
    end
    parts[i + 1] = '$' .. esc(part)
  end
  return decode(host_call(table.concat(parts, '\n')))
end

local function single_field(field)
  return function(...)
    local text = ...
    if select('#', ...) ~= 1 or type(text) ~= 'string' then return { err = 'ERR wrong number or type of arguments' } end
    if field == 'ok' then return { ok = text } end
    if text:sub(1, 1) == '-' then text = text:sub(2) end
    return { err = text:find(' ', 1, true) and text or 'ERR ' .. text }
  end
end

local redis = {
  call = function(...)
    local reply = command(...)
    if type(reply) == 'table' and reply.err then error(reply, 0) end
    return reply
  end,
  pcall = command,
  error_reply = single_field('err'),
  status_reply = single_field('ok'),
  sha1hex = function(text) return host_sha1(esc(tostring(text))) end,
  log = function() end,
  setresp = function() end,
  replicate_commands = function() return true end,
  LOG_DEBUG = 0, LOG_VERBOSE = 1, LOG_NOTICE = 2, LOG_WARNING = 3,
}

local json_escapes = { ['"'] = '\\"', ['/'] = '\\/', ['\\'] = '\\\\', ['\b'] = '\\b', ['\t'] = '\\t', ['\n'] = '\\n',
  ['\f'] = '\\f', ['\r'] = '\\r' }
local function json_string(text)
  return '"' .. text:gsub('[%c"/\\]', function(c) return json_escapes[c] or ('\\u%04x'):format(c:byte()) end) .. '"'
end
local function json(v)
  local kind = type(v)
  if v == null or v == nil then return 'null' end
  if kind == 'string' then return json_string(v) end
  if kind == 'boolean' then return tostring(v) end
  if kind == 'number' then
    if v ~= v or v == math.huge or v == -math.huge then error('Cannot serialise number: must not be NaN or Inf', 0) end
    return ('%.14g'):format(v)
  end
  if kind ~= 'table' then error('Cannot serialise ' .. kind .. ': type not supported', 0) end
  local count, highest = 0, 0
  for key in pairs(v) do
    if math.type(key) == nil or key < 1 or key ~= math.floor(key) then highest = nil break end
    count, highest = count + 1, math.max(highest, key)
  end
  local parts = {}
  if highest and highest > 0 then
    if highest > 10 and highest > count * 2 then error('Cannot serialise table: excessively sparse array', 0) end
    for i = 1, highest do parts[i] = json(v[i]) end
    return '[' .. table.concat(parts, ',') .. ']'
  end
  for key, item in pairs(v) do
    if type(key) == 'number' then key = ('%.14g'):format(key) end
    if type(key) ~= 'string' then error('Cannot serialise table: table key must be a number or string', 0) end
    parts[#parts + 1] = json_string(key) .. ':' .. json(item)
  end
  table.sort(parts)
  return '{' .. table.concat(parts, ',') .. '}'
end
local cjson = {
  null = null,
  encode = json,
  decode = function(text)
    local parsed = host_json(esc(text))
    if parsed:sub(1, 1) == '-' then error(unesc(parsed:sub(2)), 2) end
    return decode(parsed)
  end,
}

local function copy(from, extra)
  local to = {}
  for key, value in pairs(from) do to[key] = value end
  for key, value in pairs(extra or {}) do to[key] = value end
  return to
end

-- Redis hands scripts the message of a caught error, not the table.
local function flat(fine, problem, ...)
  if not fine and type(problem) == 'table' and type(problem.err) == 'string' then problem = problem.err end
  return fine, problem, ...
end

local globals = {
  assert = assert, error = error, ipairs = ipairs, next = next, pairs = pairs, pcall = function(...) return flat(pcall(...)) end, xpcall = xpcall,
  select = select, type = type, rawget = rawget, rawset = rawset, rawequal = rawequal,
  setmetatable = setmetatable, getmetatable = getmetatable, unpack = table.unpack,
  tonumber = function(...) return double(tonumber(...)) end,
  tostring = function(v) return type(v) == 'number' and ('%.14g'):format(v) or tostring(v) end,
  string = copy(string), redis = redis, server = redis, cjson = cjson,
  table = copy(table, { getn = function(t) return #t end }),
  math = copy(math, { pow = function(a, b) return a ^ b end }),
  os = { clock = os.clock },
}
local environment = setmetatable(globals, {
  __index = function(_, name) error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2) end,
  __newindex = function() error('Attempt to modify a readonly table', 2) end,
})

local scripts = {}

function compile_script(sha, text)
  local chunk, problem = load(unesc(text), '@user_script', 't', environment)
  scripts[sha] = chunk
  return chunk and '' or esc(problem)
end

local function with_position(problem)
  if type(problem) ~= 'table' then problem = { err = 'ERR ' .. tostring(problem) } end
  for level = 2, 20 do
    local info = debug.getinfo(level, 'Sl')
    if not info then break end
    if info.source == '@user_script' then
      problem.line = info.currentline
      break
    end
  end
  return problem
end

function run_script(sha, keys, arguments)
  rawset(globals, 'KEYS', decode(keys))
  rawset(globals, 'ARGV', decode(arguments))
  local fine, result = xpcall(scripts[sha], with_position)
  if not fine then
    local text = type(result.err) == 'string' and result.err or 'ERR unknown error'
    result = { err = ('%s script: %s, on @user_script:%s.'):format(text, sha, result.line or '?') }
  end
  return table.concat(encode(result, {}), '\n')
end

function forget_scripts() scripts = {} end
`
