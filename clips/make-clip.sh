#!/bin/sh
# Makes the repository's clips again: clips/demo.mp4 and the small Annex B sample of media's tests.
#
# Needs ffmpeg with libx264 (Debian package ffmpeg); nobody else does, the results are committed. OpenH264 would not
# do: it makes no B-frames, so decode and display order would be the same. Another version of x264 gives other bytes.
set -eu
cd "$(dirname "$0")"
sample=../media/src/test/resources/sample-64x48.h264

command -v ffmpeg >/dev/null || { echo "make-clip.sh needs the program 'ffmpeg' (Debian package ffmpeg)" >&2; exit 2; }

# What is encoded must be what is tagged: BT.709, limited range, chroma sited left. The RGB frames are converted here,
# with accurate rounding, and the stream says so.
to_yuv='scale=out_color_matrix=bt709:out_range=tv:out_h_chr_pos=0:out_v_chr_pos=128'
to_yuv="$to_yuv:flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact,format=yuv420p"
tags='-colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv -chroma_sample_location left'
# One thread and no version strings: the same input and the same x264 give the same bytes.
exact='-threads 1 -fflags +bitexact -flags +bitexact -map_metadata -1'
x264='-c:v libx264 -profile:v high -bf 3 -b_strategy 1'

# Colour lies in the smooth ground only and the sharp inset is grey: 4:2:0 then costs little, and the decoded clip can
# be compared with demo.lavfi's own RGB frames.
# shellcheck disable=SC2086
ffmpeg -v error -y -filter_complex "$(cat demo.lavfi),$to_yuv" \
  $x264 -preset slower -crf 16 -g 50 $tags $exact -movflags +faststart demo.mp4

# shellcheck disable=SC2086
ffmpeg -v error -y -filter_complex "testsrc2=size=64x48:rate=25:duration=0.48,format=gbrp,$to_yuv" \
  $x264 -preset slower -crf 28 -g 8 $tags $exact -f h264 "$sample"

for clip in demo.mp4 "$sample"; do
  echo "$clip: $(wc -c <"$clip") bytes, sha256 $(sha256sum <"$clip" | cut -d' ' -f1)"
  ffprobe -v error -select_streams v -count_frames -show_entries \
    stream=codec_name,profile,width,height,has_b_frames,avg_frame_rate,color_space,color_range,nb_read_frames \
    -of compact=p=0 "$clip"
  echo "first access units (bytes, decode order):" \
    "$(ffprobe -v error -select_streams v -show_entries packet=size -of csv=p=0 "$clip" | head -5 | tr '\n' ' ')"
  echo "first pictures (type, display order):" \
    "$(ffprobe -v error -select_streams v -show_entries frame=pict_type -of csv=p=0 "$clip" | tr -cd IPB | cut -c1-12)"
done
