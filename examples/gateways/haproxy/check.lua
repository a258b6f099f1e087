-- Asks Latchkey which account sends a request, and sets txn.check to the status of Latchkey's response.
local LATCHKEY = 'http://127.0.0.1:8080/api/v1/auth/check'
local HEADERS = {
  ['x-user-id'] = 'txn.user_id',
  ['x-user-role'] = 'txn.user_role',
  ['x-user-verified'] = 'txn.user_verified',
  ['x-auth-sequence'] = 'txn.auth_sequence',
}

core.register_action('check', { 'http-req' }, function(txn)
  local token = txn.sf:req_fhdr('authorization')
  local headers = {}
  if token ~= '' then headers['authorization'] = { token } end
  local client = core.httpclient()
  local answer = client:get({
    url = LATCHKEY .. (txn:get_var('txn.query') or ''),
    headers = headers,
    timeout = 2000,
  })
  txn:set_var('txn.check', tostring(answer and answer.status or 503))
  for name, variable in pairs(HEADERS) do
    local values = answer and answer.headers and answer.headers[name]
    if values then txn:set_var(variable, values[0]) end
  end
end)
