/** Translations of the messages of the feed. */
import type { TranslationsByLanguage } from '@latchkey/http';

export const feedTexts: TranslationsByLanguage = {
  de: {
    'must be types of events, separated by commas: {types}':
      'muss aus Ereignistypen bestehen, durch Kommas getrennt: {types}',
    'The API key does not allow events of these types: {types}. Create a key that does: {command}':
      'Der API-Schlüssel erlaubt diese Ereignistypen nicht: {types}. Erzeugen Sie einen passenden Schlüssel: {command}',
    'Events cannot be read at the moment. Try again.':
      'Ereignisse können gerade nicht gelesen werden. Versuchen Sie es noch einmal.',
    'Receipts cannot be stored at the moment. Try again.':
      'Bestätigungen können gerade nicht gespeichert werden. Versuchen Sie es noch einmal.',
  },
  fr: {
    'must be types of events, separated by commas: {types}':
      'doit être une liste de types d’événements séparés par des virgules : {types}',
    'The API key does not allow events of these types: {types}. Create a key that does: {command}':
      'La clé d’API ne permet pas ces types d’événements : {types}. Créez une clé qui les permet : {command}',
    'Events cannot be read at the moment. Try again.':
      'Les événements ne peuvent pas être lus pour le moment. Réessayez.',
    'Receipts cannot be stored at the moment. Try again.':
      'Les confirmations ne peuvent pas être enregistrées pour le moment. Réessayez.',
  },
  es: {
    'must be types of events, separated by commas: {types}':
      'debe ser una lista de tipos de eventos separados por comas: {types}',
    'The API key does not allow events of these types: {types}. Create a key that does: {command}':
      'La clave de API no permite estos tipos de eventos: {types}. Crea una clave que los permita: {command}',
    'Events cannot be read at the moment. Try again.':
      'Los eventos no se pueden leer en este momento. Inténtalo de nuevo.',
    'Receipts cannot be stored at the moment. Try again.':
      'Las confirmaciones no se pueden guardar en este momento. Inténtalo de nuevo.',
  },
  pt: {
    'must be types of events, separated by commas: {types}':
      'deve ser uma lista de tipos de eventos separados por vírgulas: {types}',
    'The API key does not allow events of these types: {types}. Create a key that does: {command}':
      'A chave de API não permite estes tipos de eventos: {types}. Crie uma chave que os permita: {command}',
    'Events cannot be read at the moment. Try again.':
      'Os eventos não podem ser lidos no momento. Tente novamente.',
    'Receipts cannot be stored at the moment. Try again.':
      'As confirmações não podem ser gravadas no momento. Tente novamente.',
  },
};
