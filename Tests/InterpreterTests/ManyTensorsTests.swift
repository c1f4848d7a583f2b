import Interpreter
import ONNXGraph
import Tensors
import TestSupport
import Testing

/// Plans of more tensors than are compared with one another.
struct ManyTensorsTests {
  /// Sums of tensors made up to sixty steps before, against the same sums in a plain loop: a tensor whose
  /// place is taken too early makes them wrong.
  @Test func everyTensorStaysUntilItIsRead() throws {
    var generator = SeededGenerator(seed: 20)
    var graph = GraphBuilder()
    var expected: [Int64] = [3]
    for step in 1...20_000 {
      let places = (0..<2).map { _ in Int.random(in: max(0, step - 60)..<step, using: &generator) }
      graph.add("Add", "t\(step)", places.map { "t\($0)" })
      expected.append(expected[places[0]] &+ expected[places[1]])
    }
    let model = Model(
      irVersion: 8, opsets: ["": 17],
      graph: graph.graph(
        inputs: [ValueInfo(name: "t0", elementType: .int64, dimensions: [.fixed(20)])],
        outputs: ["t20000"]))
    let input = Tensor([Int64](repeating: 3, count: 20))
    let resolved = try ResolvedGraph(model, inputs: ["t0": .init(.int64, input.shape)])
    let plan = try Plan(resolved)
    let result = try #require(try plan.run(["t0": input], threads: 2)["t20000"])
    #expect(result.elements(of: Int64.self) == [Int64](repeating: expected[20_000], count: 20))
    // Some sixty live at a time.
    #expect(plan.byteCount < 100 * 192)
  }
}
