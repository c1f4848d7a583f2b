import Dumps
import Foundation
import Tensors
import TestSupport
import Testing

/// What is no dump, or a damaged one, is refused in one line or read; it never traps.
@Suite struct HostileDumpTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let title: String
    var name = "dump"
    let contents: Data
    let message: String

    var testDescription: String { title }

    init(_ title: String, name: String = "dump", _ contents: String, _ message: String) {
      self.title = title
      self.name = name
      self.contents = Data(contents.utf8)
      self.message = message
    }
  }

  private static func trtexec(
    name: String = "x", dimensions: String = "2", values: String = "1, 2"
  ) -> String {
    "[{ \"name\" : \"\(name)\"\n, \"dimensions\" : \"\(dimensions)\"\n, \"values\" : [ \(values) ]}]"
  }

  private static func polygraphy(_ array: String) -> String {
    #"{"lst": [["r", [{"outputs": {"x": \#(array)}}]]]}"#
  }

  private static let npy = Tensor([1, 2] as [Float]).npyData().base64EncodedString()

  static let cases = [
    Case("nothing", "", "neither JSON"),
    Case("text", "boxes: 1 2 3", "neither JSON"),
    Case("no tensors", "[]", "holds no tensor"),
    Case("no results", #"{"lst": []}"#, "holds no tensor"),
    Case("no outputs", #"{"lst": [["r", [{"outputs": {}}]]]}"#, "holds no tensor"),
    Case("too few values", trtexec(values: "1"), "1 values; expected 2 for [2]"),
    Case("too many values", trtexec(values: "1, 2, 3"), "3 values; expected 2 for [2]"),
    Case("huge dimensions", trtexec(dimensions: "4000000000x4000000000"), "too many elements"),
    Case(
      "large dimensions", trtexec(dimensions: "10000x10000"), "2 values; expected 100000000"),
    Case("a negative dimension", trtexec(dimensions: "-1"), "negative dimension"),
    Case("no dimension", trtexec(dimensions: "two"), "dimensions \"two\""),
    Case("a dimension beyond Int", trtexec(dimensions: "99999999999999999999"), "dimensions"),
    Case("a word among values", trtexec(values: "1, two"), "where a number is expected"),
    Case("letters behind a number", trtexec(values: "1, 2px"), "where a number is expected"),
    Case("an exponent without digits", trtexec(values: "1, 2e"), "an exponent is expected"),
    Case("a sentence of its own", trtexec(values: "Fine shape\n1, 2"), "among the values"),
    Case("a sentence without an end", trtexec(values: "Final shape is 2"), "it was cut short"),
    Case("no values", #"[{"name" : "x", "dimensions" : "1"}]"#, "lacks one of"),
    Case("more behind the end", trtexec() + "]", "where the end is expected"),
    Case(
      "two of one name",
      #"[{"name":"x","dimensions":"","values":[1]},{"name":"x","dimensions":"","values":[2]}]"#,
      "two tensors are named \"x\""),
    Case(
      "two of one name for Polygraphy",
      #"[{"x": {"array": "\#(npy)"}, "x": {"array": "\#(npy)"}}]"#, "two tensors are named \"x\""),
    Case("bad base64", polygraphy(#"{"array": "&&&&"}"#), "no base64"),
    Case("base64 of something else", polygraphy(#"{"array": "QUJD"}"#), "not an .npy file"),
    Case("a PyTorch tensor", polygraphy(#"{"tensor": "QUJD"}"#), "PyTorch"),
    Case("a number for an array", polygraphy("1"), "an array's object is expected"),
    Case("an empty array object", polygraphy("{}"), "no array in its object"),
    Case("a string cut short", #"{"lst": [["r"#, "it was cut short"),
    Case("an unknown escape", #"{"\q": 1}"#, "unknown escape"),
    Case("arrays only", String(repeating: "[", count: 100_000), "where '{' is expected"),
    Case(
      "deep lazy arrays", #"[{"x":"# + String(repeating: #"{"values":"#, count: 100_000),
      "within each other"),
    Case(
      "deep values to skip", #"{"lst": [["r", [{"more":"# + String(repeating: "[", count: 100_000),
      "within each other"),
    Case("a raw file of another size", name: "x.output.1.3.fp32.raw", "12345678", "expected 12"),
    Case("a huge raw file", name: "x.output.4000000000.4000000000.fp32.raw", "1", "neither JSON"),
    Case("eight-bit floats", name: "x.output.4.fp8.raw", "1234", "neither JSON"),
    Case("an archive of text", "PK\u{3}\u{4}and so on", "the end of a ZIP archive is missing"),
  ]

  private func refusal(of path: String) -> String? {
    do {
      _ = try Dump(contentsOf: path)
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: cases) func isRefusedInOneLine(_ hostile: Case) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(hostile.contents, as: hostile.name)
    let message = try #require(refusal(of: path))
    #expect(message.hasPrefix(path))
    #expect(message.contains(hostile.message), "\(message)")
    #expect(!message.contains("\n"))
    #expect(message.count < path.count + 300)
  }

  @Test func whatIsNotThereIsRefusedByName() throws {
    let folder = try TemporaryFolder()
    #expect(refusal(of: "/nonexistent/dump")?.contains("no such file") == true)
    #expect(refusal(of: folder.path)?.contains("no .raw, .npy or .json file") == true)
  }

  @Test(arguments: [
    (#""raw": "../x.raw""#, "is elsewhere"), (#""raw": "x.raw""#, "elements of type FP8"),
    (#""numpy": "x.npy""#, "no such file"), (#""string": "x.str""#, "holds no tensor"),
  ])
  func aSummaryIsNotTrusted(files: String, expected: String) throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Data("abcd".utf8), as: "x.raw")
    let text =
      #"{"tensors": [{"name": "x", "shape": [4], "type": "FP8", "files": {\#(files)}}]}"#
    _ = try folder.write(Data(text.utf8), as: "tensor_summary.json")
    #expect(refusal(of: folder.path)?.contains(expected) == true)
  }

  static let files = [
    "polygraphy-outputs.json", "polygraphy-former.json", "trtexec.json", "trtexec-odd.json",
    "trtexec-final-shape.json", "numpy.npz", "boxes.npy",
  ]

  /// All of the tensors or none: a file that was cut short does not pass for a smaller one.
  @Test(arguments: files) func everyTruncationIsRefused(_ name: String) throws {
    let folder = try TemporaryFolder()
    let intact = DumpSamples.data(name)
    // White space at the end is no part of JSON.
    let end = intact.lastIndex { !" \n".utf8.contains($0) }!
    for length in 0..<end {
      let path = try folder.write(intact.prefix(length), as: "dump")
      #expect(refusal(of: path) != nil, "\(length) bytes pass for \(name)")
    }
  }

  @Test(arguments: files) func flippedBitsDoNotTrap(_ name: String) throws {
    let folder = try TemporaryFolder()
    let intact = DumpSamples.data(name)
    for bit in 0..<intact.count * 8 where bit % 9 == 0 || intact.count < 600 {
      var damaged = intact
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      if let message = refusal(of: try folder.write(damaged, as: "dump")) {
        #expect(!message.contains("\n"), "bit \(bit)")
      }
    }
  }
}
