// The Nextflow files as far as they can be looked at without Nextflow: both are Groovy, main.nf parses, and nextflow.config is evaluated:
// what each profile gives. Run by hand, with Groovy: groovy test/workflows/nextflow.groovy
import org.codehaus.groovy.control.CompilationUnit
import org.codehaus.groovy.control.Phases

def folder = new File('workflows/nextflow')

def unit = new CompilationUnit()
unit.addSource(new File(folder, 'main.nf'))
unit.compile(Phases.CONVERSION)
println 'main.nf: parses'

// Nextflow reads `4.GB` and `1.h` as amounts.
Integer.metaClass.getGB = { -> delegate * 1024L**3 }
Integer.metaClass.getH = { -> delegate * 3600 }
def text = new File(folder, 'nextflow.config').text
def whole = new ConfigSlurper().parse(text)
// Alone: Groovy's reader, unlike Nextflow's, takes `process.…` in a profile for that of the whole file.
def profiles = new ConfigSlurper().parse(text.find(/(?s)\nprofiles \{.*?\n\}/)).profiles
def wanted = [local: 'local', slurm: 'slurm', awsbatch: 'awsbatch']
assert profiles.keySet() == wanted.keySet()
wanted.each { name, executor ->
    def given = profiles[name].process
    assert given.executor == executor
    println "profile ${name}: ${given.executor}, container ${given.container ?: 'none'}"
}
assert whole.manifest.mainScript == 'main.nf'

// The settings of a session, as they would be at its first and second try.
def session = text.find(/(?s)withLabel: session \{(.*?)\n    \}/) { _, body -> body }
def settings = new ConfigSlurper().parse(session)
[1, 2].each { attempt ->
    def at = { Closure ask -> ask.delegate = [task: [attempt: attempt, exitStatus: 137]]; ask.resolveStrategy = Closure.DELEGATE_FIRST; ask() }
    println "session, try ${attempt}: ${settings.cpus} cores, ${at(settings.memory) / 1024**3} GB, ${at(settings.time)} s, killed: ${at(settings.errorStrategy)}"
    assert at(settings.memory) == attempt * 4L * 1024**3
    assert at(settings.errorStrategy) == 'retry'
}
def ended = { settings.errorStrategy.delegate = [task: [exitStatus: it]]; settings.errorStrategy.resolveStrategy = Closure.DELEGATE_FIRST; settings.errorStrategy() }
assert ended(2) == 'ignore'
println "a try that ends with code 2: ${ended(2)}; at most ${settings.maxRetries} more tries"
