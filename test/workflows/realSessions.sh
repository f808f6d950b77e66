# Sourced. real_sessions DATA RAW COUNT NAME: the first COUNT real cases as a BIDS dataset of one session each, ages from 51 on.
real_sessions() {
  local data=$1 raw=$2 count=$3 name=$4 n=0 case anat pair image
  for case in "$data"/partial/*/; do
    n=$((n + 1))
    [ $n -le "$count" ] || break
    anat=$raw/sub-0$n/anat
    mkdir -p "$anat"
    for pair in t1:T1w t1ce:ce-gd_T1w t2:T2w flair:FLAIR; do
      image=$(ls "$case"*_"${pair%%:*}".nii.gz 2>/dev/null || true)
      if [ -n "$image" ]; then cp "$image" "$anat/sub-0${n}_${pair#*:}.nii.gz"; fi
    done
  done
  echo "{\"Name\": \"$name\", \"BIDSVersion\": \"1.9.0\"}" > "$raw/dataset_description.json"
  printf 'participant_id\tage\n' > "$raw/participants.tsv"
  for n in $(seq "$count"); do printf 'sub-0%s\t%s\n' "$n" $((50 + n)); done >> "$raw/participants.tsv"
}
