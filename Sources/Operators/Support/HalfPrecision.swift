import ONNXGraph

package func prepareNode(
  _ type: any Operator.Type, node: Node, opset: Int, operands: [Operand?]
) throws -> PreparedNode {
  var reader = NodeReader(node: node, opset: opset, operands: operands)
  let prepared = try type.prepare(&reader)
  try reader.finish()
  return prepared
}
