# What the scripts beside this file share. They are given everything by environment variables:
#
# DIRECTORY        the directory of manifests, from the top of the repository
# ENVIRONMENT      its environment; empty for none
# KUBECONFIG_TEXT  the credentials; empty for none
# MARKER           the name by which a comment or an issue is found again
# RESULTS          where what others read is written
set -euo pipefail

# The first line of a comment or an issue.
first_line="<!-- stackanetes: ${MARKER:-default} -->"
# The most characters that GitHub takes.
longest=65536

options=()
[ -z "${ENVIRONMENT:-}" ] || options+=(--environment "$ENVIRONMENT")
options+=(-- "${DIRECTORY:-desired}")

# Runs a command whose standard error may quote anything: no line of it is a workflow command to the runner.
quoted() {
    { "$@" 2>&1 >&3 | sed 's/^/| /' >&2; } 3>&1
}

# Keeps the credentials in a file that only this user can read, for as long as the script runs.
log_in() {
    : "${KUBECONFIG_TEXT:?is empty: are there credentials among the secrets?}"
    KUBECONFIG=$(mktemp "${RUNNER_TEMP:-/tmp}/kubeconfig.XXXXXX")
    export KUBECONFIG
    trap 'rm -f -- "$KUBECONFIG"' EXIT
    printf '%s\n' "$KUBECONFIG_TEXT" > "$KUBECONFIG"
    unset KUBECONFIG_TEXT
}

# Prints as many whole lines of a file as fit into so many bytes, with the block and the section ended that are open
# there, and says that there was more. All bytes of a character count, so it is never more than as many characters.
cut_to() {
    LC_ALL=C awk -v most="$1" '
        BEGIN {
            note = "The rest is left out, since the comment would be too long: see the artifacts of the job."
            most -= length(note) + 2
        }
        {
            open_fence = fence
            open_section = section
            if (fence == "" && match($0, /^```+/)) fence = substr($0, 1, RLENGTH)
            else if (fence != "" && $0 == fence) fence = ""
            else if (fence == "" && /^<details>/) section = "\n</details>\n"
            else if (fence == "" && /^<\/details>/) section = ""
            size += length($0) + 1
            if (size + length(fence) + 1 + length(section) > most) {
                fence = open_fence
                section = open_section
                exit
            }
            print
        }
        END {
            if (fence != "") print fence
            printf "%s\n%s\n", section, note
        }
    ' "$2"
}

# Writes comment.md: the marker, and below it what stands in the file, as far as there is room.
write_comment() {
    local body=$1 room
    room=$((longest - $(wc -c <<< "$first_line")))
    if [ "$(wc -c < "$body")" -gt "$room" ]; then
        cut_to "$room" "$body" > "$body.short"
        body=$body.short
    fi
    { echo "$first_line"; cat -- "$body"; } > "$RESULTS/comment.md"
}

# Writes what a diff says to a file, as Markdown; 0 where nothing would change, 1 where something would.
diff_into() {
    local body=$1 code=0
    shift
    quoted stackanetes diff --format markdown "$@" "${options[@]}" > "$body" || code=$?
    if [ "$code" -gt 1 ]; then
        echo '**The diff failed**: the log of the job says why.' > "$body"
    fi
    return "$code"
}

# Shows a file on the page of the run.
summarize() {
    [ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat -- "$1" >> "$GITHUB_STEP_SUMMARY"
}
