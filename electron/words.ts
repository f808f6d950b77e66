import { app } from 'electron';
import type { Client } from '../src/contract/index.js';
import { firstSpoken, type Language } from '../src/contract/languages.js';

/** Texts of menus and dialogs outside of the page, by their English wording. The page has catalogues of its own (renderer/locales). */

const GERMAN = {
  '&File': '&Datei',
  '&Edit': '&Bearbeiten',
  '&View': '&Ansicht',
  '&Segment': '&Segmentieren',
  '&Help': '&Hilfe',
  'Open Folder…': 'Ordner öffnen …',
  'Open Files…': 'Dateien öffnen …',
  'Open Recent': 'Zuletzt geöffnet',
  'Open the Simulated Sample Patient': 'Simulierten Beispielpatienten öffnen',
  'Export…': 'Exportieren …',
  'Close Case': 'Fall schließen',
  Case: 'Fall',
  Compare: 'Vergleichen',
  Correct: 'Korrigieren',
  Models: 'Modelle',
  Settings: 'Einstellungen',
  Segment: 'Segmentieren',
  Keyboard: 'Tastatur',
  'The Method (opens the browser)': 'Die Methode (öffnet den Browser)',
  'About Quorum': 'Über Quorum',
  None: 'Keine',
  'Forget These': 'Diese vergessen',
  Images: 'Bilder',
  'All files': 'Alle Dateien',
  'Open a folder of MRI': 'Einen Ordner mit MRT-Bildern öffnen',
  'Open MRI files': 'MRT-Dateien öffnen',
  'Open a mask': 'Eine Maske öffnen',
  'Add the network for the skull strip': 'Das Netz für die Schädelentfernung hinzufügen',
  'Add a model from its folder': 'Ein Modell aus seinem Ordner hinzufügen',
  'Export into a folder': 'In einen Ordner exportieren',
  'Export here': 'Hierhin exportieren',
  'The mask of {0} was edited by hand.': 'Die Maske von {0} wurde von Hand bearbeitet.',
  '{0} masks were edited by hand.': '{0} Masken wurden von Hand bearbeitet.',
  'The edits are kept on this computer and come back when the case is opened again. They are in no exported file until you export them.':
    'Die Bearbeitungen bleiben auf diesem Computer und sind wieder da, wenn der Fall erneut geöffnet wird. Sie stehen in keiner exportierten Datei, bis Sie sie exportieren.',
  'Go Back': 'Zurück',
  'Close and Keep the Edits': 'Schließen, Bearbeitungen behalten',
  Research: 'Forschung',
  'Choose a folder': 'Einen Ordner wählen',
  'Choose a split file': 'Eine Datei mit der Aufteilung wählen',
  'A training is running.': 'Ein Training läuft.',
  'It stops when Quorum closes. Under Research it goes on from its last checkpoint.':
    'Es hält an, wenn Quorum geschlossen wird. Unter „Forschung“ geht es ab dem letzten Zwischenstand weiter.',
  'Close and Stop It': 'Schließen und anhalten',
  'A cohort is being run.': 'Eine Kohorte wird ausgeführt.',
  'It stops when Quorum closes. What is done is kept; opened again, it goes on with the rest.':
    'Sie hält an, wenn Quorum geschlossen wird. Was fertig ist, bleibt; wieder geöffnet, geht sie mit den übrigen Fällen weiter.',
};
type Text = keyof typeof GERMAN;

const FRENCH: Readonly<Record<Text, string>> = {
  '&File': '&Fichier',
  '&Edit': '&Édition',
  '&View': '&Affichage',
  '&Segment': '&Segmenter',
  '&Help': '&Aide',
  'Open Folder…': 'Ouvrir un dossier…',
  'Open Files…': 'Ouvrir des fichiers…',
  'Open Recent': 'Ouverts récemment',
  'Open the Simulated Sample Patient': 'Ouvrir le patient simulé d’exemple',
  'Export…': 'Exporter…',
  'Close Case': 'Fermer le cas',
  Case: 'Cas',
  Compare: 'Comparer',
  Correct: 'Corriger',
  Models: 'Modèles',
  Settings: 'Réglages',
  Segment: 'Segmenter',
  Keyboard: 'Clavier',
  'The Method (opens the browser)': 'La méthode (ouvre le navigateur)',
  'About Quorum': 'À propos de Quorum',
  None: 'Aucun',
  'Forget These': 'Oublier ceux-ci',
  Images: 'Images',
  'All files': 'Tous les fichiers',
  'Open a folder of MRI': 'Ouvrir un dossier d’images IRM',
  'Open MRI files': 'Ouvrir des fichiers IRM',
  'Open a mask': 'Ouvrir un masque',
  'Add the network for the skull strip': 'Ajouter le réseau pour le retrait du crâne',
  'Add a model from its folder': 'Ajouter un modèle depuis son dossier',
  'Export into a folder': 'Exporter dans un dossier',
  'Export here': 'Exporter ici',
  'The mask of {0} was edited by hand.': 'Le masque de {0} a été modifié à la main.',
  '{0} masks were edited by hand.': '{0} masques ont été modifiés à la main.',
  'The edits are kept on this computer and come back when the case is opened again. They are in no exported file until you export them.':
    'Les modifications restent sur cet ordinateur et reviennent quand le cas est rouvert. Elles ne sont dans aucun fichier exporté tant que vous ne les exportez pas.',
  'Go Back': 'Revenir',
  'Close and Keep the Edits': 'Fermer et garder les modifications',
  Research: 'Recherche',
  'Choose a folder': 'Choisir un dossier',
  'Choose a split file': 'Choisir un fichier de répartition',
  'A training is running.': 'Un entraînement est en cours.',
  'It stops when Quorum closes. Under Research it goes on from its last checkpoint.':
    'Il s’arrête quand Quorum se ferme. Sous « Recherche », il reprend à son dernier point de sauvegarde.',
  'Close and Stop It': 'Fermer et arrêter',
  'A cohort is being run.': 'Une cohorte est en cours d’exécution.',
  'It stops when Quorum closes. What is done is kept; opened again, it goes on with the rest.':
    'Elle s’arrête quand Quorum se ferme. Ce qui est terminé est conservé ; rouverte, elle continue avec le reste.',
};

const SPANISH: Readonly<Record<Text, string>> = {
  '&File': '&Archivo',
  '&Edit': '&Edición',
  '&View': '&Ver',
  '&Segment': '&Segmentar',
  '&Help': 'A&yuda',
  'Open Folder…': 'Abrir carpeta…',
  'Open Files…': 'Abrir archivos…',
  'Open Recent': 'Abiertos recientemente',
  'Open the Simulated Sample Patient': 'Abrir el paciente simulado de ejemplo',
  'Export…': 'Exportar…',
  'Close Case': 'Cerrar el caso',
  Case: 'Caso',
  Compare: 'Comparar',
  Correct: 'Corregir',
  Models: 'Modelos',
  Settings: 'Ajustes',
  Segment: 'Segmentar',
  Keyboard: 'Teclado',
  'The Method (opens the browser)': 'El método (abre el navegador)',
  'About Quorum': 'Acerca de Quorum',
  None: 'Ninguno',
  'Forget These': 'Olvidar estos',
  Images: 'Imágenes',
  'All files': 'Todos los archivos',
  'Open a folder of MRI': 'Abrir una carpeta de imágenes de RM',
  'Open MRI files': 'Abrir archivos de RM',
  'Open a mask': 'Abrir una máscara',
  'Add the network for the skull strip': 'Añadir la red para la eliminación del cráneo',
  'Add a model from its folder': 'Añadir un modelo desde su carpeta',
  'Export into a folder': 'Exportar a una carpeta',
  'Export here': 'Exportar aquí',
  'The mask of {0} was edited by hand.': 'La máscara de {0} se editó a mano.',
  '{0} masks were edited by hand.': '{0} máscaras se editaron a mano.',
  'The edits are kept on this computer and come back when the case is opened again. They are in no exported file until you export them.':
    'Las ediciones se guardan en este ordenador y vuelven cuando el caso se abre de nuevo. No están en ningún archivo exportado hasta que usted las exporte.',
  'Go Back': 'Volver',
  'Close and Keep the Edits': 'Cerrar y conservar las ediciones',
  Research: 'Investigación',
  'Choose a folder': 'Elegir una carpeta',
  'Choose a split file': 'Elegir un archivo de división',
  'A training is running.': 'Hay un entrenamiento en curso.',
  'It stops when Quorum closes. Under Research it goes on from its last checkpoint.':
    'Se detiene cuando se cierra Quorum. En «Investigación» continúa desde su último punto de control.',
  'Close and Stop It': 'Cerrar y detenerlo',
  'A cohort is being run.': 'Se está ejecutando una cohorte.',
  'It stops when Quorum closes. What is done is kept; opened again, it goes on with the rest.':
    'Se detiene cuando se cierra Quorum. Lo terminado se conserva; al abrirla de nuevo, continúa con el resto.',
};

const CATALOGUES: Readonly<Partial<Record<Language, Readonly<Record<Text, string>>>>> = {
  de: GERMAN,
  fr: FRENCH,
  es: SPANISH,
};

let language: Language = 'en';

/** Takes the language of the settings for the texts from now on. */
export async function readLanguage(services: Promise<Client>): Promise<Language> {
  const chosen = await services
    .then((client) => client.call('settings.get', {}))
    .then((settings) => settings.language)
    .catch(() => 'system' as const);
  language = chosen === 'system' ? firstSpoken(app.getPreferredSystemLanguages()) : chosen;
  return language;
}

/** A text in the language of the window. `{0}` stands for the value. */
export function say(text: Text, value: string | number = ''): string {
  return (CATALOGUES[language]?.[text] ?? text).replace('{0}', String(value));
}
