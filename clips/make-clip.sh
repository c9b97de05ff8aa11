#!/bin/sh
# Makes the repository's clips again: clips/demo.mp4 and the small Annex B sample of media's tests.
#
# Needs ffmpeg with libx264 (Debian package ffmpeg); nobody else does, the results are committed. OpenH264 would not
# do: it makes no B-frames, so decode and display order would be the same. Another version of x264 gives other bytes.
set -eu
cd "$(dirname "$0")"
samples=../media/src/test/resources

command -v ffmpeg >/dev/null || { echo "make-clip.sh needs the program 'ffmpeg' (Debian package ffmpeg)" >&2; exit 2; }

# encode LAVFI MATRIX RANGE PIXEL_FORMAT OPTION... OUTPUT
# What is encoded must be what is tagged, so the RGB frames are converted here, with accurate rounding and chroma sited
# left, and the stream says so. One thread and no version strings: the same input and x264 give the same bytes.
encode() {
  graph=$1 matrix=$2 range=$3 format=$4
  shift 4
  tag=$matrix
  [ "$matrix" != bt601 ] || tag=smpte170m
  to_yuv="scale=out_color_matrix=$matrix:out_range=$range:out_h_chr_pos=0:out_v_chr_pos=128"
  to_yuv="$to_yuv:flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact,format=$format"
  ffmpeg -v error -y -filter_complex "$graph,$to_yuv" -c:v libx264 -profile:v high -preset slower -bf 3 -threads 1 \
    -colorspace "$tag" -color_primaries "$tag" -color_trc "$tag" -color_range "$range" -chroma_sample_location left \
    -fflags +bitexact -flags +bitexact -map_metadata -1 "$@"
}

# Colour lies in the smooth ground only and the sharp inset is grey: 4:2:0 then costs little, and the decoded clip can
# be compared with demo.lavfi's own RGB frames.
encode "$(cat demo.lavfi)" bt709 tv yuv420p -crf 16 -g 50 -movflags +faststart demo.mp4

# Two key frames, so that the order of pictures starts anew in the middle; the same stream in both containers.
encode "testsrc2=size=64x48:rate=25:duration=0.48,format=gbrp" bt709 tv yuv420p -crf 28 -g 8 \
  "$samples/sample-64x48.mp4"
ffmpeg -v error -y -i "$samples/sample-64x48.mp4" -c copy -bsf:v h264_mp4toannexb -f h264 "$samples/sample-64x48.h264"

# A size that is not a multiple of 16, another matrix, full range, another rate.
encode "$(cat small.lavfi)" bt601 pc yuvj420p -crf 8 -g 30 -f h264 "$samples/sample-90x58.h264"

for clip in demo.mp4 "$samples"/sample-*; do
  echo "$clip: $(wc -c <"$clip") bytes, sha256 $(sha256sum <"$clip" | cut -d' ' -f1)"
  ffprobe -v error -select_streams v -count_frames -show_entries \
    stream=codec_name,profile,width,height,has_b_frames,avg_frame_rate,color_space,color_range,nb_read_frames \
    -of compact=p=0 "$clip"
  echo "  first access units (bytes, decode order):" \
    "$(ffprobe -v error -select_streams v -show_entries packet=size -of csv=p=0 "$clip" | head -5 | tr '\n' ' ')"
  echo "  first pictures (type, display order):" \
    "$(ffprobe -v error -select_streams v -show_entries frame=pict_type -of csv=p=0 "$clip" | tr -cd IPB | cut -c1-12)"
done
