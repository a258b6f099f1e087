import type { PageTranslation } from './texts.ts';

export const brazilianPageTexts: PageTranslation = {
  faultPrefix: 'Erro:',
  username: 'Nome de usuário',
  showPassword: 'Mostrar',
  hidePassword: 'Ocultar',
  onward: 'Continuar para {brand}',
  startPage: 'Ir para a página inicial',
  home: {
    title: '{brand}',
    paragraphs: ['Este endereço é usado para os cadastros, os logins e as senhas de {brand}.'],
    closing: 'Para entrar, abra o aplicativo ou o site.',
    ask: {
      title: 'Precisa de uma nova senha?',
      lead: 'Digite seu e-mail, e enviaremos um link para você escolher uma.',
      send: 'Enviar um link',
    },
  },
  verification: {
    title: 'Confirme seu e-mail',
    lead: 'Alguém se cadastrou com o seu e-mail. Se foi você, confirme que o endereço é seu.',
    signedUp: 'Cadastro',
    passwordLead: 'Digite a senha que você escolheu ao se cadastrar.',
    password: 'Senha',
    wrongPassword: 'Senha incorreta. Tente novamente ou escolha uma nova abaixo.',
    confirm: 'Confirmar e-mail',
    choose: 'Escolher uma nova senha',
    chooseLead:
      'Se você esqueceu a senha ou não foi você quem a escolheu, escolha uma nova. Ela substitui a antiga e desconecta quem a usou.',
    chooseAndConfirm: 'Salvar senha e confirmar e-mail',
    stranger: 'Não foi você?',
    strangerLead: 'Cancele este cadastro, e ninguém poderá usar seu endereço com ele.',
    reject: 'Não fui eu',
  },
  rejection: {
    title: 'Cancelar este cadastro?',
    lead: 'A conta será encerrada e os links dos nossos e-mails deixarão de funcionar. Isso não pode ser desfeito.',
    confirm: 'Sim, cancelar o cadastro',
    back: 'Voltar',
  },
  alreadyVerified: {
    title: 'Seu e-mail já está confirmado',
    paragraphs: ['Não há mais nada a fazer.'],
    closing: 'Você pode fechar esta página e entrar.',
  },
  verified: {
    title: 'Seu e-mail está confirmado',
    paragraphs: ['Obrigado! Sua conta está pronta.'],
    closing: 'Você pode fechar esta página e entrar.',
  },
  rejected: {
    title: 'O cadastro foi cancelado',
    paragraphs: [
      'Obrigado por avisar. Ninguém pode usar seu endereço com este cadastro.',
      'Não há mais nada a fazer. Você pode fechar esta página.',
    ],
  },
  reset: {
    again: {
      title: 'Escolha uma nova senha',
      lead: 'Todas as suas sessões serão encerradas.',
      button: 'Salvar senha',
    },
    first: {
      title: 'Escolha uma senha',
      lead: 'Isso também confirma que o e-mail é seu.',
      button: 'Salvar senha',
    },
    account: 'Conta',
    newPassword: 'Nova senha',
    hint: 'Pelo menos {min} caracteres. Várias palavras sem relação entre si formam uma boa senha.',
    confirmNewPassword: 'Repita a nova senha',
  },
  emailChange: {
    title: 'Confirme seu novo e-mail',
    lead: 'A partir de então, você entrará com este endereço. Digite a senha da sua conta.',
    newEmail: 'Novo e-mail',
    password: 'Senha',
    confirm: 'Confirmar endereço',
  },
  emailChanged: {
    title: 'Seu e-mail foi alterado',
    paragraphs: [
      'A partir de agora, entre com o novo endereço e a mesma senha.',
      'Enviamos ao seu endereço anterior um link que permite desfazer a alteração por 7 dias.',
    ],
    closing: 'Você pode fechar esta página e entrar.',
  },
  emailUndo: {
    title: 'Desfaça a alteração do seu e-mail',
    lead: 'Sua conta voltará a ter este endereço. Escolha uma nova senha: todas as sessões serão encerradas, e a senha anterior deixará de funcionar.',
    button: 'Recuperar minha conta',
    changedTo: 'Alterado para',
    ignore: 'Se foi você quem alterou o endereço, feche esta página: nada mudará.',
  },
  emailUndone: {
    title: 'Sua conta voltou a ter o endereço anterior',
    paragraphs: ['Todas as sessões foram encerradas.'],
    closing: 'Você pode fechar esta página e entrar com a nova senha.',
  },
  resetDone: {
    again: {
      title: 'Sua senha foi alterada',
      paragraphs: ['Todas as suas sessões foram encerradas.'],
      closing: 'Você pode fechar esta página e entrar com a nova senha.',
    },
    first: {
      title: 'Sua conta está pronta',
      paragraphs: ['Seu e-mail está confirmado e sua senha foi salva.'],
      closing: 'Você pode fechar esta página e entrar.',
    },
  },
  erasure: {
    title: 'Manter sua conta?',
    lead: 'Sua conta está prestes a ser apagada. Você ainda pode mantê-la.',
    erasedOn: 'Será apagada em',
    keep: 'Manter minha conta',
    ignore: 'Se você quer que a conta seja apagada, não precisa fazer nada. Pode fechar esta página.',
    canceled: {
      title: 'Sua conta foi mantida',
      paragraphs: [
        'Ela não será apagada.',
        'Se nem você nem um administrador pediu isso, alguém pode saber a sua senha: escolha uma nova.',
      ],
      closing: 'Você pode fechar esta página e entrar novamente.',
    },
    dead: {
      title: 'Este link não funciona mais',
      paragraphs: [
        'A conta não vai mais ser apagada, já foi apagada ou um e-mail mais recente substituiu este link. Em caso de dúvida, abra o link do último e-mail.',
      ],
    },
    stillDue:
      'Nada mudou ainda: sua conta será apagada na data que está no e-mail, a menos que você a mantenha.',
    newPassword: 'Escolher uma nova senha',
  },
  requested: {
    verification: {
      title: 'Confira sua caixa de entrada',
      paragraphs: [
        'Se houver uma conta a confirmar com este endereço, um e-mail com um novo link está a caminho.',
        'Isso pode levar alguns minutos. Confira também a pasta de spam.',
      ],
    },
    'password-reset': {
      title: 'Confira sua caixa de entrada',
      paragraphs: [
        'Se houver uma conta com este endereço, um e-mail com um link para escolher uma senha está a caminho.',
        'Isso pode levar alguns minutos. Confira também a pasta de spam.',
      ],
    },
  },
  deadLink: {
    title: {
      expired: 'Este link expirou',
      invalid: 'Este link não é válido',
      incomplete: 'Este link está incompleto',
    },
    reason: {
      expired: 'Para proteger sua conta, os links só valem por um tempo limitado.',
      invalid:
        'Ele pode já ter sido usado, ter sido substituído por um mais novo ou ter sido copiado incompleto.',
      incomplete: 'Falta uma parte dele. Abra-o novamente no e-mail ou copie o endereço inteiro.',
    },
    renew: {
      verification:
        'Se você já confirmou seu endereço, basta entrar. Caso contrário, digite seu e-mail, e enviaremos um novo link para você concluir o cadastro.',
      'password-reset': 'Digite seu e-mail, e enviaremos um novo link para você escolher uma senha.',
      'email-change': 'Entre na sua conta e peça novamente a alteração do seu endereço.',
      'email-undo':
        'A alteração do endereço só pode ser desfeita uma vez, em até 7 dias. Se outra pessoa assumiu sua conta, fale com o nosso suporte.',
    },
    email: 'E-mail',
    request: 'Pedir um novo link',
    invalidEmail: 'Digite um e-mail válido, por exemplo ada@example.com.',
    send: 'Enviar um novo link',
  },
  faults: {
    passwords_do_not_match: 'As senhas não são iguais. Tente novamente.',
    too_short: 'Esta senha é curta demais. Escolha uma com pelo menos {min} caracteres.',
    too_long: 'Esta senha é longa demais. Escolha uma com no máximo 128 caracteres.',
    own_words:
      'A senha não pode ser formada pelo seu e-mail, nome de usuário, nome ou pelo nome deste serviço. É melhor usar várias palavras sem relação entre si.',
    common:
      'Esta senha é uma das mais comuns ou se parece com uma delas. É melhor usar várias palavras sem relação entre si.',
    repeated:
      'Esta senha repete os mesmos caracteres ou palavras. É melhor usar várias palavras sem relação entre si.',
    sequence:
      'Esta senha é uma sequência, como abcd ou 1234, ou uma data. É melhor usar várias palavras sem relação entre si.',
    guessable: 'Esta senha é fácil de adivinhar. Deixe-a mais longa, por exemplo com mais uma palavra.',
    breached: 'Esta senha apareceu em um vazamento de dados. Escolha uma que você nunca usou em outro lugar.',
    password_incorrect: 'Senha incorreta. Tente novamente.',
  },
  problems: {
    validation_failed: {
      title: 'Algo está faltando ou está incorreto',
      paragraphs: ['Volte, confira o que você digitou e tente novamente.'],
    },
    unauthenticated: { title: 'Você precisa entrar', paragraphs: ['Entre na sua conta e tente novamente.'] },
    insufficient_permission: {
      title: 'Você não tem permissão para fazer isso',
      paragraphs: ['Sua conta não tem a permissão necessária.'],
    },
    not_found: { title: 'Página não encontrada', paragraphs: ['Confira o link que trouxe você até aqui.'] },
    method_not_allowed: {
      title: 'Isso não funciona aqui',
      paragraphs: ['Abra novamente o link do seu e-mail e continue a partir dele.'],
    },
    conflict: {
      title: 'Algo mudou nesse meio-tempo',
      paragraphs: ['Abra novamente o link do seu e-mail. Se ele não funcionar mais, peça um novo.'],
    },
    payload_too_large: {
      title: 'O texto é longo demais',
      paragraphs: ['Volte, encurte o que você digitou e tente novamente.'],
    },
    unsupported_media_type: {
      title: 'Não foi possível ler este formulário',
      paragraphs: ['Abra novamente o link do seu e-mail e continue a partir dele.'],
    },
    rate_limited: {
      title: 'Muitas tentativas',
      paragraphs: ['Para proteger as contas, o número de tentativas é limitado.'],
    },
    internal: {
      title: 'Algo deu errado',
      paragraphs: ['O erro é nosso e foi registrado. Tente novamente em alguns minutos.'],
    },
    unavailable: {
      title: 'Temporariamente indisponível',
      paragraphs: ['O erro é nosso. Tente novamente em alguns minutos; seu link continua válido.'],
    },
  },
  tryAgainIn: (wait) => `Tente novamente em ${wait}.`,
};
