import Foundation
import TestSupport
import Testing

/// What is written replaces a regular file or nothing, and is there whole or not at all.
struct OutputSafetyTests {
  private static let model = ProjectFiles.fixtures + "/detector_original.onnx"

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func shell(_ script: String) throws -> Command {
    try Command(shell: "M=\(Self.model)\n\(script)", directory: folder.path)
  }

  @Test func linksAndModesStay() throws {
    let command = try shell(
      """
      echo OLD > real; chmod 640 real; ln -s real link; ln real hard
      verify-patch inspect $M --json link > /dev/null
      stat -c '%F %a' link real hard; head -c 1 real; cat hard; ls -A | wc -l
      """)
    #expect(command.status == 0, "\(command.errors)")
    #expect(
      command.output == "symbolic link 777\nregular file 640\nregular file 640\n{OLD\n3\n",
      "\(command.output)")
  }

  @Test func pipesAndDescriptorsAreWrittenTo() throws {
    let command = try shell(
      """
      mkfifo pipe; (cat pipe | head -c 1) &
      verify-patch inspect $M --json pipe > /dev/null; wait; echo
      verify-patch inspect $M --json >(head -c 1) > /dev/null; sleep 0.3; echo
      verify-patch inspect $M --json /dev/fd/3 3> three > /dev/null; head -c 1 three; echo
      verify-patch inspect $M --json /dev/null > /dev/null; stat -c %F pipe /dev/null
      """)
    #expect(command.status == 0, "\(command.errors)")
    #expect(
      command.output.hasPrefix("{\n{\n{\nfifo\ncharacter special file"), "\(command.output)")
  }

  @Test func inputsAreNotWrittenOver() throws {
    let command = try shell(
      """
      cp $M m.onnx; ln m.onnx other; ln -s m.onnx link
      for o in m.onnx ./m.onnx other link; do
        for c in "inspect m.onnx --json" "check m.onnx --json" "simplify m.onnx -o" \\
          "extract m.onnx --inputs images --outputs p3 -o"; do
          verify-patch $c $o > /dev/null 2> e && echo written || echo $?
        done
      done | sort | uniq -c
      cmp m.onnx $M && echo same
      """)
    #expect(command.status == 0, "\(command.errors)")
    #expect(
      command.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        == ["16 64", "same"], "\(command.output)")
  }

  @Test func whatCannotBeWrittenIsSaid() throws {
    let command = try shell(
      """
      for o in . missing/file /dev/full; do
        verify-patch inspect $M --json $o > /dev/null 2> e && echo written || echo $? $(wc -l < e)
      done
      verify-patch inspect $M > /dev/full 2> e || echo $? $(wc -l < e)
      (verify-patch inspect $M 2> e; echo $? $(wc -l < e) >&2) | true
      verify-patch inspect $'\\xff.onnx' 2> e || echo $? $(wc -l < e)
      """)
    #expect(command.output == "2 1\n2 1\n2 1\n2 1\n64 1\n", "\(command.output)")
  }

  @Test func nothingIsLeftBySignals() throws {
    let command = try shell(
      """
      for s in TERM INT HUP; do
        verify-patch vectors \(ProjectFiles.fixtures)/detector_yololayer.onnx -o v --cases 200 \\
          > /dev/null 2>&1 & p=$!
        for i in $(seq 500); do [ -n "$(ls -A)" ] && break; sleep 0.01; done
        kill -$s $p; wait $p || echo $?; ls -A
      done
      """)
    // Where a run ended before it was stopped, its folder is whole.
    #expect(!command.output.contains("partial"), "\(command.output)")
  }

  @Test func limitsAreSaid() throws {
    let command = try shell(
      """
      verify-patch inspect $M --max-memory 1 2> e || echo $?
      verify-patch inspect $M --max-seconds 0 2> e || echo $?
      """)
    #expect(command.output == "64\n64\n", "\(command.output)")
  }
}
