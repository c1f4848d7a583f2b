import Foundation
import ONNXGraph
import Tensors
import TestSupport
import Testing

/// Files that are made to hurt, one of each kind: the command handles them, or refuses them in one line,
/// and never ends by a signal.
struct HostileFilesTests {
  /// A file, a command that takes it, and what becomes of it.
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let graph: Graph
    let arguments: [String]
    /// What a refusal says; `nil` where the command succeeds.
    let refusal: String?

    init(
      _ description: String, _ arguments: [String], refusal: String? = nil, opset: Int = 17,
      _ build: (inout GraphBuilder) -> (inputs: [ValueInfo], outputs: [String])
    ) {
      testDescription = description
      self.arguments = arguments
      self.refusal = refusal
      var builder = GraphBuilder()
      let ends = build(&builder)
      graph = builder.graph(inputs: ends.inputs, outputs: ends.outputs)
    }
  }

  private static func input(_ sizes: [Int], _ name: String = "x") -> ValueInfo {
    ValueInfo(name: name, elementType: .float32, dimensions: sizes.map { .fixed($0) })
  }

  private static let run = ["run", "m.onnx"]
  private static let simplify = ["simplify", "m.onnx", "-o", "out.onnx"]

  static let sizes = [
    Row("no elements and a huge dimension", run, refusal: "too many elements") {
      let shape = $0.constant("s", Tensor([Int64(1 << 56), 0]))
      return ([], [$0.add("ConstantOfShape", "y", [shape])])
    },
    Row("a convolution of no channels in 2^56 groups", run) {
      $0.add("ConstantOfShape", "x", [$0.constant("sx", Tensor([1, 0, 8, 8] as [Int64]))])
      $0.add("ConstantOfShape", "w", [$0.constant("sw", Tensor([0, 0, 3, 3] as [Int64]))])
      return (
        [], [$0.add("Conv", "y", ["x", "w"], attributes: ["group": .int(1 << 56)])]
      )
    },
    Row("more than eight dimensions", run, refusal: "dimensions, expected at most 8") {
      let shape = $0.constant("s", Tensor([Int64](repeating: 1, count: 9)))
      return ([], [$0.add("ConstantOfShape", "y", [shape])])
    },
    Row("a huge batch of products, declared", ["inspect", "m.onnx"]) {
      let y = $0.add("MatMul", "y", ["a", "b"])
      return ([input([1 << 40, 1, 1], "a"), input([1, 1], "b")], [y])
    },
    Row("a huge batch of products below 2^31, declared", ["check", "m.onnx"]) {
      let y = $0.add("MatMul", "y", ["a", "b"])
      return ([input([1 << 30, 1, 1], "a"), input([1, 1], "b")], [y])
    },
    Row("a kernel as large as the map, declared", ["inspect", "m.onnx"]) {
      let y = $0.add("Conv", "y", ["a", "w"])
      return ([input([1, 1 << 29, 2, 2], "a"), input([1, 1 << 29, 1, 1], "w")], [y])
    },
    Row("a workspace beside the results", run, refusal: "more than the limit of") {
      $0.add("ConstantOfShape", "x", [$0.constant("sx", Tensor([1, 1, 1 << 22] as [Int64]))])
      return ([], [$0.add("Conv", "y", ["x", "x"])])
    },
    Row("tables beside the results", run, refusal: "MB for Pad 'y'") {
      let data = $0.constant("d", Tensor([UInt8(1)]))
      let pads = $0.constant("p", Tensor([0, 1 << 30] as [Int64]))
      $0.add("Pad", "y", [data, pads], attributes: ["mode": .string("edge")])
      return ([], [$0.add("ReduceMax", "z", ["y"])])
    },
  ]

  static let surgery = [
    Row("a negative dimension", simplify, refusal: "negative dimension") {
      ([], [$0.add("ConstantOfShape", "y", [$0.constant("s", Tensor([Int64(-5)]))])])
    },
    Row("a node without inputs", simplify, refusal: "input 0 is missing") {
      $0.add("ReduceMean", "a", [])
      return ([input([1])], [$0.add("ReduceMean", "y", ["a"])])
    },
    Row("a Reshape without a shape", simplify, refusal: "1 inputs, expected 2") {
      let shape = $0.constant("s", Tensor([2, 2] as [Int64]))
      $0.add("Reshape", "a", ["x", shape])
      return ([input([4])], [$0.add("Reshape", "y", ["a"])])
    },
    Row("a Split without outputs", simplify, refusal: "") {
      $0.add("Split", "a", ["x"], outputs: [""])
      return ([input([4])], [$0.add("Where", "y", ["x"])])
    },
    Row("sizes that double with every step", simplify, refusal: "expected an image") {
      $0.add("Shape", "d0", ["x"])
      for step in 0..<40 {
        $0.add("Add", "s\(step)", ["d\(step)", "d\(step)"])
        $0.add("Mul", "m\(step)", ["s\(step)", "d\(step)"])
        $0.add("Concat", "d\(step + 1)", ["m\(step)", "s\(step)"], attributes: ["axis": .int(0)])
      }
      return (
        [ValueInfo(name: "x", elementType: .float32, dimensions: [.named("a"), .named("b")])],
        ["d40"]
      )
    },
  ]

  private static func chain(
    _ count: Int, _ add: @escaping (inout GraphBuilder, String, String) -> Void
  )
    -> (inout GraphBuilder) -> (inputs: [ValueInfo], outputs: [String])
  {
    { builder in
      for place in 0..<count {
        add(&builder, place == 0 ? "x" : "c\(place - 1)", "c\(place)")
      }
      return ([input([1, 1, 2, 2])], [builder.add("Relu", "y", ["c\(count - 1)"])])
    }
  }

  static let growth = [
    Row(
      "a chain of activations", run + ["--input", "x=x.npy"],
      chain(8000) { $0.add("Relu", $2, [$1]) }),
    Row(
      "a chain of nothing", run + ["--input", "x=x.npy"],
      chain(20_000) { $0.add("Identity", $2, [$1]) }),
    Row(
      "a chain of moves", ["m.onnx", "m.onnx", "x.npy", "--stress", "0"],
      chain(5000) { $0.add("Transpose", $2, [$1], attributes: ["perm": .ints([0, 1, 3, 2])]) }),
    Row(
      "a long name of a node with many outputs", ["inspect", "m.onnx"],
      refusal: "the name of a node has 70000 bytes"
    ) {
      $0.add(
        "Split", String(repeating: "N", count: 70_000), ["x"],
        outputs: (0..<1000).map { "o\($0)" })
      return ([input([1, 1000])], ["o0"])
    },
    Row("many outputs", ["inspect", "m.onnx"], refusal: "outputs of a graph, expected at most") {
      for place in 0..<1200 { $0.add("Relu", "o\(place)", ["x"]) }
      return ([input([1])], (0..<1200).map { "o\($0)" })
    },
  ]

  @Test(arguments: sizes + surgery + growth) func isHandledOrRefused(_ row: Row) throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(
      Model(irVersion: 8, opsets: ["": 17], graph: row.graph), as: "m.onnx")
    _ = try folder.write(
      Tensor([Float](repeating: 1, count: 4), shape: [1, 1, 2, 2]), as: "x.npy")
    let start = ContinuousClock.now
    let command = try Command(
      row.arguments, environment: ["SWIFT_BACKTRACE": "enable=no"], directory: folder.path)
    let seconds = start.duration(to: .now) / .seconds(1)
    if let refusal = row.refusal {
      #expect(command.status == 2, "\(command.errors)")
      #expect(command.errorLines.count == 1, "\(command.errors)")
      #expect(refusal.isEmpty || command.errors.contains(refusal), "\(command.errors)")
    } else {
      #expect(command.status == 0, "\(command.errors)")
    }
    #expect(command.errors.utf8.count < 5000)
    #expect(seconds < 10, "\(seconds) s")
  }

  @Test func bytesThatAreNoModel() throws {
    let folder = try TemporaryFolder()
    let unknown: [UInt8] = [0xf8, 0x07, 0x00]
    for (bytes, refusal) in [
      ([UInt8](repeating: 0, count: 1 << 20), "malformed protobuf"),
      ((0..<6_000_000).flatMap { _ in unknown }, "fields that ONNX does not define"),
    ] {
      let command = try Command(["inspect", try folder.write(bytes, as: "m.onnx")])
      #expect(command.status == 2)
      #expect(command.errors.contains(refusal), "\(command.errors)")
    }
  }

  @Test func namesGiveNoCommands() throws {
    let folder = try TemporaryFolder()
    let name = "y\n::add-mask::\u{1b}[2J\0\u{202e}##[error]"
    var builder = GraphBuilder()
    builder.add("Relu", name, ["x"])
    let graph = builder.graph(inputs: [Self.input([1])], outputs: [name])
    let path = try folder.write(
      Model(
        irVersion: 8, opsets: ["": 17], metadata: ["names\n::error::a": "b\r\n::error::b"],
        graph: graph), as: "m.onnx")
    for arguments in [["inspect", path], ["check", path], ["simplify", path, "-o", path]] {
      let command = try Command(arguments)
      for line in (command.output + command.errors).split(separator: "\n") {
        #expect(!line.drop { $0.isWhitespace }.hasPrefix("::"), "\(line)")
        #expect(!line.contains("##["), "\(line)")
        #expect(
          line.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 0x202e }, "\(line)")
      }
    }
  }
}
