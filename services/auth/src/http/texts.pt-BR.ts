/** The texts of refusals in Brazilian Portuguese. Missing texts are shown in English. */
import { MAX_PASSWORD_LENGTH, type PasswordFault } from '../passwords/rules.ts';
import type { TextTranslations } from './texts.de.ts';

export const brazilianTexts: TextTranslations = {
  'Account Disabled': 'Conta desativada',
  'Current Password Incorrect': 'Senha incorreta',
  'Email Changed Recently': 'E-mail alterado há pouco tempo',
  'Email Unchanged': 'E-mail sem alteração',
  'Email Already Registered': 'E-mail já cadastrado',
  'Idempotency Key Reused': 'Idempotency-Key reutilizada',
  'Incorrect Password': 'Senha incorreta',
  'Invalid Credentials': 'Credenciais incorretas',
  'Own Account': 'Sua própria conta',
  'Last Admin': 'Último administrador',
  'Password Required': 'Senha obrigatória',
  'Password Too Weak': 'Senha fraca demais',
  'Passwords Do Not Match': 'As senhas não são iguais',
  'Invalid Refresh Token': 'Token de renovação inválido',
  'Token Expired': 'Link expirado',
  'Invalid Token': 'Link inválido',
  'Sign in, or reset the password': 'Entre ou redefina a senha',
  'Send each new request with a new Idempotency-Key':
    'Envie cada nova requisição com uma nova Idempotency-Key',
  'Ask another admin': 'Peça a outro administrador',
  'Make another account an admin first': 'Torne antes outra conta administradora',
  'Undo the last change with the link that its previous address got, or wait 7 days':
    'Desfaça a última alteração com o link enviado ao endereço anterior ou aguarde 7 dias',
  'Send the password of the account, an access token of it, or, for a sign-up, a new password':
    'Envie a senha da conta, um token de acesso dela ou, se for um cadastro, uma nova senha',
  'This account has been disabled.': 'Esta conta foi desativada.',
  'The account is not in a state that allows this, or it was changed at the same time. Try again.':
    'O estado da conta não permite isso, ou ela foi alterada ao mesmo tempo. Tente novamente.',
  'Incorrect password.': 'Senha incorreta.',
  'The address was changed in the last 7 days, and that can still be undone.':
    'O endereço foi alterado nos últimos 7 dias, e isso ainda pode ser desfeito.',
  'This is already the address of the account.': 'A conta já tem este endereço.',
  'An account with this email address already exists.': 'Já existe uma conta com este e-mail.',
  'This Idempotency-Key was sent with another body.':
    'Esta Idempotency-Key já foi enviada com outro conteúdo.',
  'Incorrect email address or password.': 'E-mail ou senha incorretos.',
  'There is no such account.': 'Esta conta não existe.',
  'Too many passwords are being checked right now. Try again.':
    'Muitas senhas estão sendo verificadas agora. Tente novamente.',
  'This is the last admin: without one, nobody could administer accounts.':
    'Este é o último administrador: sem ele, ninguém poderia administrar as contas.',
  'Admins cannot do this to their own account.': 'Administradores não podem fazer isso com a própria conta.',
  'The link alone is not enough: it also needs the password of the account, an access token of it, or, for a sign-up, a new password.':
    'O link sozinho não basta: também é preciso a senha da conta, um token de acesso dela ou, se for um cadastro, uma nova senha.',
  'The passwords do not match.': 'As senhas não são iguais.',
  'The refresh token is invalid or has expired. Sign in again.':
    'O token de renovação é inválido ou expirou. Entre novamente.',
  'There is no such session.': 'Esta sessão não existe.',
  'This link has expired. Request a new one.': 'Este link expirou. Peça um novo.',
  'This link is invalid or has expired. Request a new one.': 'Este link é inválido ou expirou. Peça um novo.',
  'Accounts cannot be reached. Try again.': 'Não é possível acessar as contas. Tente novamente.',
  'The mails of the account cannot be reached. Try again.':
    'Não é possível acessar os e-mails da conta. Tente novamente.',
  'This account cannot be read at present.': 'Esta conta não pode ser lida no momento.',
  'The password {fault}.': 'A senha {fault}.',
  'A request with the cookie must come from an origin listed in CORS_ORIGINS.':
    'Uma requisição com o cookie deve vir de uma origem listada em CORS_ORIGINS.',
  'must be an email address, such as ada@example.com': 'deve ser um e-mail, por exemplo ada@example.com',
  'must be 3 to 32 letters, digits, underscores or hyphens':
    'deve ter de 3 a 32 letras, dígitos, hifens ou sublinhados',
  'must be plain text on one line': 'deve ser texto simples em uma linha',
  'must have 1 to {count} characters besides leading and trailing spaces':
    'deve ter de 1 a {count} caracteres, sem contar os espaços no início e no fim',
  'must be a language tag, such as en or de-AT': 'deve ser um código de idioma, por exemplo pt ou pt-BR',
  'must not contain control characters': 'não deve conter caracteres de controle',
  'must be a refresh token': 'deve ser um token de renovação',
  'must be 1 to 255 visible ASCII characters': 'deve ter de 1 a 255 caracteres ASCII visíveis',
  'is not the nextCursor of an earlier answer': 'não é o nextCursor de uma resposta anterior',
  'is required without an access token': 'é obrigatório sem token de acesso',
  'Send the API key of a service client that may introspect.':
    'Envie a chave de API de um cliente que possa usar a introspecção.',
};

/** The texts about each rule for passwords, which complete the sentence "A senha …". */
export const passwordFaultTexts: Record<PasswordFault, string> = {
  too_short: 'deve ter pelo menos {min} caracteres',
  too_long: `deve ter no máximo ${MAX_PASSWORD_LENGTH} caracteres`,
  own_words:
    'não pode ser formada pelo e-mail, pelo nome de usuário, pelo nome, pelo sobrenome ou pelo nome deste serviço; é melhor usar várias palavras sem relação entre si',
  common:
    'não pode ser uma das mais comuns nem se parecer com uma delas; é melhor usar várias palavras sem relação entre si',
  repeated:
    'não pode repetir os mesmos caracteres ou palavras; é melhor usar várias palavras sem relação entre si',
  sequence:
    'não pode ser uma sequência, como abcd ou 1234, nem uma data; é melhor usar várias palavras sem relação entre si',
  guessable: 'é fácil de adivinhar; deixe-a mais longa, por exemplo com mais uma palavra',
  breached: 'apareceu em um vazamento de dados; escolha uma que você nunca usou em outro lugar',
};
