#!/usr/bin/env nextflow
// One job a session of a BIDS dataset, then one table. See workflows/README.md. Never run.
nextflow.enable.dsl = 2

params.bids = null
params.output = null
params.options = ''

process SESSION {
    tag "${name}"
    label 'session'

    input:
    tuple val(name), val(participant), val(session)
    path bids, stageAs: 'bids'

    output:
    path "out", emit: folder

    script:
    def only = session ? "--session-label ${session}" : ''
    """
    status=0
    quorum bids bids out participant --participant-label ${participant} ${only} --n-cpus ${task.cpus} ${params.options} --json > session.jsonl || status=\$?
    mkdir -p out/quorum/logs
    mv session.jsonl out/quorum/logs/${name}.jsonl
    # 1 and 3: the session ended with a reason. Any other: the job is tried again.
    [ \$status -eq 0 ] || [ \$status -eq 1 ] || [ \$status -eq 3 ]
    """
}

process TABLE {
    publishDir params.output, mode: 'copy'

    input:
    path 'part*'
    path bids, stageAs: 'bids'

    output:
    path 'out/**'

    script:
    """
    mkdir out
    for part in part*; do cp -rL \$part/. out/; done
    quorum bids bids out group
    """
}

workflow {
    if (!params.bids || !params.output) error 'expected --bids BIDS_DIR --output OUT'
    sessions = Channel
        .fromPath(["${params.bids}/sub-*/anat", "${params.bids}/sub-*/ses-*/anat"], type: 'dir')
        .map { anat ->
            def parts = file(params.bids).relativize(anat).toString().tokenize('/')[0..-2]
            def labels = parts.collect { it.split('-', 2)[1] }
            tuple(parts.join('_'), labels[0], labels.size() > 1 ? labels[1] : null)
        }
    bids = file(params.bids)
    SESSION(sessions, bids)
    TABLE(SESSION.out.folder.collect(), bids)
}
