-- Stand-ins for the functions of Kong and of lua-resty-http that the Lua code in examples/gateways/kong/kong.yml calls.
-- The test writes this code to access.lua. Kong also normalises the path of a request; the stand-in does not, so the
-- code must refuse every path that a service could resolve to another path.
local file = assert(io.open('access.lua'))
local code = file:read('a')
file:close()

-- The names of headers are case-insensitive, as in lua-resty-http.
local function withoutCase(headers)
  return setmetatable({}, {
    __index = function(_, name)
      local values = headers[name:lower()]
      return values and values[0]
    end,
  })
end

local Client = {}
Client.__index = Client

function Client:set_timeout(milliseconds)
  self.timeout = milliseconds
end

function Client:request_uri(url, options)
  local headers = {}
  for name, value in pairs(options.headers) do headers[name:lower()] = { value } end
  local answer = core.httpclient():get({ url = url, headers = headers, timeout = self.timeout })
  if not answer or not answer.status then return nil, 'no response' end
  return { status = answer.status, body = answer.body, headers = withoutCase(answer.headers or {}) }
end

local modules = {
  ['resty.http'] = { new = function() return setmetatable({}, Client) end },
}

local function kongOf(txn)
  return {
    request = {
      get_method = function() return txn.sf:method() end,
      get_path = function() return txn.sf:path() end,
      get_header = function(name)
        local value = txn.sf:req_fhdr(name)
        return value ~= '' and value or nil
      end,
    },
    service = {
      request = {
        clear_header = function(name) txn.http:req_del_header(name) end,
        set_header = function(name, value) txn.http:req_set_header(name, value) end,
      },
    },
    response = {
      exit = function(status, body)
        local reply = txn:reply()
        reply:set_status(status)
        reply:set_body(body or '')
        txn:done(reply)
      end,
    },
  }
end

core.register_action('kong', { 'http-req' }, function(txn)
  local globals = { kong = kongOf(txn), require = function(name) return assert(modules[name], name) end }
  assert(load(code, 'access.lua', 't', setmetatable(globals, { __index = _G })))()
end)
