import Foundation
import Interpreter
import ONNXFormat
import ONNXGraph
import Tensors
import TestSupport
import Testing
import Verification

/// An `If` before the plugin whose condition follows from the size of the input.
struct BranchTests {
  /// The patch with its first map through an `If` on `images.shape[0] == batch`: the map as it is, or
  /// its negative.
  private func patched(batch: Int64) throws -> Model {
    var model = TinyDetector.plugin()
    model.graph.initializers["batch"] = Tensor([batch])
    model.graph.initializers["first"] = Tensor([Int64(0)])
    let folder = try TemporaryFolder()
    let path = try folder.write(model, as: "plain.onnx")
    var proto = try Onnx_ModelProto(
      serializedBytes: Data(contentsOf: URL(fileURLWithPath: path)))
    let last = try #require(proto.graph.node.indices.last)
    let map = proto.graph.node[last].input[0]
    proto.graph.node[last].input[0] = "chosen"
    proto.graph.node.insert(
      contentsOf: [
        node("Shape", ["images"], ["size"]), node("Gather", ["size", "first"], ["count"]),
        node("Equal", ["count", "batch"], ["condition"]),
        .with {
          $0 = node("If", ["condition"], ["chosen"])
          $0.attribute = [
            branch("then_branch", node("Identity", [map], ["result"])),
            branch("else_branch", node("Neg", [map], ["result"])),
          ]
        },
      ], at: last)
    let written = folder.file("if.onnx")
    try (proto.serializedBytes() as Data).write(to: URL(fileURLWithPath: written))
    return try Model(contentsOfFile: written)
  }

  private func node(_ type: String, _ inputs: [String], _ outputs: [String]) -> Onnx_NodeProto {
    .with {
      $0.opType = type
      $0.input = inputs
      $0.output = outputs
    }
  }

  private func branch(_ name: String, _ node: Onnx_NodeProto) -> Onnx_AttributeProto {
    .with {
      $0.name = name
      $0.type = .graph
      $0.g.name = name
      $0.g.node = [node]
      $0.g.output = [.with { $0.name = "result" }]
    }
  }

  /// `y = If(x[0] > 0) { x + 1 } else { Concat(x, x) or x - 1 }` on `x` `[2]`.
  private func computed(sameShape: Bool) throws -> Model {
    let proto = Onnx_ModelProto.with { model in
      model.irVersion = 8
      model.opsetImport = [.with { $0.version = 13 }]
      model.graph.name = "computed"
      model.graph.input = [tensor("x", [2])]
      model.graph.output = [.with { $0.name = "y" }]
      model.graph.initializer = [
        .with {
          $0.name = "zero"
          $0.dataType = Int32(Onnx_TensorProto.DataType.int64.rawValue)
          $0.int64Data = [0]
        },
        .with {
          $0.name = "one"
          $0.dataType = Int32(Onnx_TensorProto.DataType.float.rawValue)
          $0.floatData = [1]
        },
      ]
      model.graph.node = [
        node("Gather", ["x", "zero"], ["first"]), node("Floor", ["one"], ["unit"]),
        node("Sub", ["one", "unit"], ["nought"]),
        node("Greater", ["first", "nought"], ["condition"]),
        .with {
          $0 = node("If", ["condition"], ["inner"])
          $0.attribute = [
            branch("then_branch", node("Add", ["x", "one"], ["result"])),
            branch(
              "else_branch",
              sameShape
                ? node("Sub", ["x", "one"], ["result"])
                : .with {
                  $0 = node("Concat", ["x", "x"], ["result"])
                  $0.attribute = [
                    .with {
                      $0.name = "axis"
                      $0.type = .int
                    }
                  ]
                }),
          ]
        },
        node("Neg", ["inner"], ["y"]),
      ]
    }
    let folder = try TemporaryFolder()
    let path = folder.file("computed.onnx")
    try (proto.serializedBytes() as Data).write(to: URL(fileURLWithPath: path))
    return try Model(contentsOfFile: path)
  }

  @Test(arguments: [true, false]) func aComputedConditionChoosesInTheRun(sameShape: Bool) throws {
    for model in [
      try computed(sameShape: sameShape), try computed(sameShape: sameShape).inFloat64(),
    ] {
      let plan = try Plan(ResolvedGraph(model, inputs: ["x": .init(.float32, [2])]))
      func run(_ x: [Float]) throws -> [Float] {
        let y = try #require(try plan.run(["x": Tensor(x)], threads: 1)["y"])
        return try y.asFloat32().elements(of: Float.self)
      }
      #expect(try run([2, -3]) == [-3, 2])
      #expect(try run([-2, -3]) == (sameShape ? [3, 4] : [2, 3, 2, 3]))
    }
  }

  private func tensor(_ name: String, _ sizes: [Int64]) -> Onnx_ValueInfoProto {
    .with { info in
      info.name = name
      info.type.tensorType.elemType = Int32(Onnx_TensorProto.DataType.float.rawValue)
      info.type.tensorType.shape.dim = sizes.map { size in .with { $0.dimValue = size } }
    }
  }

  /// `s, all = Loop(trips, true, 0) { s + step, s * s }` while s is below `limit`: sums and squares.
  private func looping(trips: Int64?, limit: Float) throws -> Model {
    let proto = Onnx_ModelProto.with { model in
      model.irVersion = 8
      model.opsetImport = [.with { $0.version = 13 }]
      model.graph.name = "looping"
      model.graph.input = [tensor("step", [1])]
      model.graph.output = ["s", "all"].map { name in .with { $0.name = name } }
      model.graph.initializer = [
        .with {
          $0.name = "trips"
          $0.dataType = Int32(Onnx_TensorProto.DataType.int64.rawValue)
          $0.int64Data = [trips ?? 0]
        },
        number("start", 0), number("limit", limit),
      ]
      model.graph.node = [
        .with {
          $0 = node("Loop", [trips == nil ? "" : "trips", "", "start"], ["s", "all"])
          $0.attribute = [
            .with { body in
              body.name = "body"
              body.type = .graph
              body.g.name = "body"
              body.g.input = ["number", "goes", "sum"].map { name in .with { $0.name = name } }
              body.g.node = [
                node("Add", ["sum", "step"], ["next"]), node("Mul", ["next", "next"], ["square"]),
                node("Less", ["next", "limit"], ["on"]),
              ]
              body.g.output = [
                tensor("on", [1]), tensor("next", [1]), tensor("square", [1]),
              ]
            }
          ]
        }
      ]
    }
    let folder = try TemporaryFolder()
    let path = folder.file("looping.onnx")
    try (proto.serializedBytes() as Data).write(to: URL(fileURLWithPath: path))
    return try Model(contentsOfFile: path)
  }

  private func number(_ name: String, _ value: Float) -> Onnx_TensorProto {
    .with {
      $0.name = name
      $0.dims = [1]
      $0.dataType = Int32(Onnx_TensorProto.DataType.float.rawValue)
      $0.floatData = [value]
    }
  }

  /// Trips, limit, and the sum and squares that a plain loop gives.
  @Test(
    arguments: [
      (3, 100, 6, [4, 16, 36]), (0, 100, 0, []), (nil, 5, 6, [4, 16, 36]), (9, 3, 4, [4, 16]),
    ] as [(Int64?, Float, Float, [Float])])
  func aLoopRunsAsOftenAsItsBoundsSay(
    _ trips: Int64?, _ limit: Float, _ sum: Float, _ squares: [Float]
  ) throws {
    let model = try looping(trips: trips, limit: limit)
    #expect(model.graph.nodes[0].inputs.suffix(2) == ["step", "limit"])
    for model in [model, model.inFloat64()] {
      let plan = try Plan(ResolvedGraph(model, inputs: ["step": .init(.float32, [1])]))
      let results = try plan.run(["step": Tensor([2] as [Float])], threads: 1)
      #expect(try results["s"]?.asFloat32().elements(of: Float.self) == [sum])
      #expect(results["all"]?.shape == [squares.count, 1])
      #expect(try results["all"]?.asFloat32().elements(of: Float.self) == squares)
    }
  }

  // Unoptimised, its 65,536 runs take minutes.
  #if !DEBUG
    @Test func aLoopThatNeverEndsIsStopped() throws {
      let model = try looping(trips: nil, limit: .infinity)
      let plan = try Plan(ResolvedGraph(model, inputs: ["step": .init(.float32, [1])]))
      let error = #expect(throws: InterpreterError.self) {
        try plan.run(["step": Tensor([0] as [Float])], threads: 1)
      }
      #expect(error?.description.contains("more than 65536 runs of the body") == true)
    }
  #endif

  @Test func anOperatorThatIsMissingInABranchIsNamed() throws {
    var model = try computed(sameShape: true)
    for index in model.graph.nodes.indices where model.graph.nodes[index].isConditional {
      model.graph.nodes[index].subgraphs?.graphs["then_branch"]?.nodes[0].operatorType = "Unheard"
    }
    #expect(model.missingOperators().map(\.type) == ["Unheard"])
  }

  @Test func theBranchIsTakenAsTheSizesSay() throws {
    let right = try patched(batch: 1)
    #expect(right.graph.nodes.contains { $0.isConditional })
    #expect(try !right.takingKnownBranches().graph.nodes.contains { $0.isConditional })
    let same = try TinyDetector.compare(right, with: TinyDetector.original())
    #expect(same.verdict == .equivalent, "\(same.text)")
    let other = try TinyDetector.compare(patched(batch: 2), with: TinyDetector.original())
    #expect(other.verdict == .different, "\(other.text)")
  }
}
